"""The innocent explanations: why two records may agree without being the same.

Each class names the evidence that agrees for its reason; everything else agrees only by chance.
`address` means agreement on the street (or, without streets, on the postcode); `area` the levels
below it. The list is the zero-configuration recipe's, step 6.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cdp.identity.comparisons import STREET_LEVELS

if TYPE_CHECKING:
    from cdp.identity.comparisons import Comparison

AREA: Final = "area"
CONTACTS: Final = frozenset({"address", "phone", "email"})

CLASSES: Final[dict[str, str]] = {
    "family address": "same household",
    "family address phone": "same household and telephone",
    "family address phone email": "same household and contacts",
    "family phone": "family sharing a telephone",
    "family email": "family sharing an e-mail",
    "address phone": "same house and telephone",
    "address email": "same house and e-mail",
    "phone email": "shared telephone and e-mail",
    "address phone email": "same house and contacts",
    "email": "shared e-mail",
    "phone": "shared telephone",
    "address": "same house",
    "national_id": "shared or mistyped national id",
    "other_ids": "shared or mistaken reference",
    "given family": "namesake",
    "given family email": "namesake with an e-mail made of the name",
    "given family area": "namesake nearby",
    "given email": "e-mail made of the given name",
    "family area": "family name common in the area",
    "given area": "given name common in the area",
    "family address birth_date": "twins",
    "given": "same given name",
    "family": "same family name",
    "birth_date": "same birthday",
    "area": "same area",
    "employer": "same employer",
    "family employer": "relatives with one employer",
    "employer address": "same office",
    "employer phone": "same switchboard",
    "employer address phone": "same office and switchboard",
    "employer email": "same company mailbox",
    "employer area": "same employer in the area",
    "given family employer": "namesake with one employer",
    "organisation": "organisations of one name",
    "organisation area": "sites of one organisation nearby",
    "organisation phone": "sites of one organisation sharing a telephone",
    "organisation email": "sites of one organisation sharing an e-mail",
    "given family address": "father and son",
    "given family phone": "father and son sharing a telephone",
}
NEEDS_BIRTH_DATE: Final = frozenset({"given family address", "given family phone"})
STRANGERS: Final = "strangers agreeing by chance"


def known_classes(comparisons: tuple[Comparison, ...]) -> tuple[tuple[str, ...], ...]:
    """Return the classes whose evidence is compared here, as tuples of evidence names."""
    names = {comparison.name for comparison in comparisons}
    if "address" in names:
        names.add(AREA)
    return tuple(
        tuple(evidence.split())
        for evidence in CLASSES
        if names.issuperset(evidence.split())
        and ("birth_date" in names or evidence not in NEEDS_BIRTH_DATE)
    )


def describe(evidence: tuple[str, ...]) -> str:
    """Return the class in words."""
    return CLASSES[" ".join(evidence)]


def is_shared(evidence: tuple[str, ...]) -> bool:
    """Return whether what agrees is inherited or shared, so that its rarity says nothing."""
    return bool(CONTACTS.intersection(evidence))


def address_levels(comparison: Comparison) -> tuple[list[int], list[int]]:
    """Return the vector values that count as `address` and those that count as `area`."""
    by_label = {level.label: comparison.gamma(level.label) for level in comparison.levels}
    top = max(by_label.values())
    near = [by_label[label] for label in STREET_LEVELS if label in by_label]
    near = near or [
        by_label[label] for label in ("postcode_and_city", "postcode") if label in by_label
    ]
    near = near or [top]
    far = [value for value in range(1, top + 1) if value not in near]
    return near, far or near
