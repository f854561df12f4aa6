"""The attributes of a party: what each is, and which cleaning its values get.

An address is one attribute: its value is a JSON object, so that a golden address never mixes
the street of one source with the city of another.
"""

from dataclasses import dataclass
from typing import Literal

ValueType = Literal[
    "text",
    "name",
    "date",
    "gender",
    "language",
    "country",
    "email",
    "phone",
    "address",
    "url",
    "code",
]


@dataclass(frozen=True, slots=True)
class Attribute:
    """One attribute: its type decides the cleaning, `of` who can have it."""

    name: str
    type: ValueType
    of: tuple[str, ...]
    description: str


_P = ("person",)
_O = ("organisation",)
_G = ("group",)
_A = ("organisation", "group")
_B = ("person", "organisation", "group")

ATTRIBUTES: dict[str, Attribute] = {
    a.name: a
    for a in (
        Attribute("title", "text", _P, "form of address"),
        Attribute("given_name", "name", _P, "first name"),
        Attribute("middle_name", "name", _P, "middle names"),
        Attribute("family_name", "name", _P, "last name"),
        Attribute("full_name", "name", _P, "whole name, where the source has only that"),
        Attribute("gender", "gender", _P, "female, male or other"),
        Attribute("birth_date", "date", _P, "date of birth, ISO 8601"),
        Attribute("company", "text", _P, "employer as stated"),
        Attribute("job_title", "text", _P, "job as stated"),
        Attribute("department", "text", _P, "department as stated"),
        Attribute("language", "language", _B, "ISO 639-1, lower case"),
        Attribute("address", "address", _B, "street, house_number, postcode, city, state, country"),
        Attribute("organisation_name", "text", _O, "name of the organisation"),
        Attribute("group_name", "text", _G, "name of the group"),
        Attribute("website", "url", _A, "web site"),
        Attribute("industry", "text", _O, "industry as stated"),
        Attribute(
            "group_kind", "code", _G, "household, club, buying group, ..., as the source says"
        ),
        Attribute("role", "code", _B, "customer, prospect, contact, supplier, ..."),
    )
}
ADDRESS_PARTS = ("street", "house_number", "postcode", "city", "state", "country")
IDENTIFIER_KINDS = (
    "email",
    "phone",
    "source",
    "tax_id",
    "loyalty_id",
    "national_id",
    "domain",
    "user_id",
    "anonymous_id",
)
TRUST_TIERS = ("master_data", "declared", "observed")
