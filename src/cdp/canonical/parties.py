"""The part of a mapping that makes parties: who they are, how to reach them, what they allow."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from cdp.canonical.values import Condition, ListPath, Value, outcomes
from cdp.model.attributes import ADDRESS_PARTS, ATTRIBUTES, IDENTIFIER_KINDS
from cdp.settings import Strict


def one_of(*allowed: str) -> AfterValidator:
    """Return a check that a value can only come out as one of these."""

    def check(value: Value | None) -> Value | None:
        found = outcomes(value) if value is not None else set()
        if found is None:
            msg = f"give a map; it must end in {', '.join(allowed)}"
            raise ValueError(msg)
        if not found <= set(allowed):
            odd = ", ".join(sorted(found - set(allowed)))
            msg = f"{odd} is not known here; allowed: {', '.join(allowed)}"
            raise ValueError(msg)
        return value

    return AfterValidator(check)


def _as_list(value: object) -> object:
    return value if isinstance(value, list) else [value]


class Attribute(Value):
    """One attribute: a value, or one for each element of a list."""

    each: ListPath | None = Field(None, description="list whose elements each have a value")


class Address(Strict):
    """One address, or one for each element of a list."""

    each: ListPath | None = Field(None, description="list whose elements are addresses")
    when: Condition | None = Field(None, description="no address unless this holds")
    street: Value | None = Field(None, description="street, with the house number if not apart")
    house_number: Value | None = Field(None, description="house number")
    postcode: Value | None = Field(None, description="postcode")
    city: Value | None = Field(None, description="city")
    state: Value | None = Field(None, description="state or region")
    country: Value | None = Field(None, description="country, as name or code")

    def parts(self) -> dict[str, Value]:
        """Return the parts that are mapped."""
        return {name: part for name in ADDRESS_PARTS if (part := getattr(self, name)) is not None}


class Identifier(Strict):
    """One identifier, or one for each element of a list."""

    kind: Literal[*IDENTIFIER_KINDS] = Field(description="kind of identifier")  # type: ignore[valid-type]  # the model's list is the only one
    value: Value = Field(description="the identifier")
    each: ListPath | None = Field(None, description="list whose elements each have one")
    split: str | None = Field(None, min_length=1, description="what separates several in one field")
    of: str | None = Field(
        None,
        description="for kind source: the instance whose key it is, or the type of the only one",
    )
    country: Value | None = Field(None, description="country of a phone number, if not the party's")
    verified: Value | None = Field(None, description="true where the source has verified it")
    when: Condition | None = Field(None, description="no identifier unless this holds")

    @model_validator(mode="after")
    def _splits_a_field(self) -> Identifier:
        if self.split is not None and (self.each is not None or self.value.path is None):
            msg = "split takes one field apart; it needs a path in value and goes without each"
            raise ValueError(msg)
        return self


class Consent(Strict):
    """One statement of permission, or one for each element of a list."""

    each: ListPath | None = Field(None, description="list whose elements are statements")
    when: Condition | None = Field(None, description="no statement unless this holds")
    contact_kind: Annotated[Value, one_of("email", "phone", "post")] = Field(
        description="kind of contact point"
    )
    contact: Value | None = Field(None, description="contact point; none: all of the party")
    country: Value | None = Field(None, description="country of a phone number")
    channel: Annotated[Value, one_of("email", "sms", "phone", "post")] = Field(
        description="channel it is about"
    )
    purpose: Value = Field(Value(const="marketing"), description="purpose")
    category: Value = Field(Value(const="any"), description="communication category")
    state: Annotated[Value, one_of("granted", "denied", "pending")] = Field(
        description="what was stated"
    )
    given_at: Value | None = Field(None, description="when; default: the record's last change")
    provable: Annotated[Value, one_of("true", "false")] = Field(
        Value(const="false"), description="whether the source holds a proof"
    )
    proof: Value | None = Field(None, description="that proof")


class Reference(Value):
    """The key of a record, in this source or another instance."""

    of: str | None = Field(
        None, description="instance whose key it is, or the type of the only one; default: this one"
    )


class StandaloneConsent(Consent):
    """A statement of permission that is an object of its own."""

    party: Reference | None = Field(None, description="record that stated it")


class Relationship(Strict):
    """A link from the party to another record, or one for each element of a list."""

    each: ListPath | None = Field(None, description="list whose elements are links")
    when: Condition | None = Field(None, description="no link unless this holds")
    to: Reference = Field(description="record that it leads to")
    kind: str | Value = Field(
        description="contact_of, subsidiary_of, ...; or a value that says which"
    )
    attributes: dict[str, Value] = Field({}, description="attributes of the link")
    valid_from: Value | None = Field(None, description="when it began")
    valid_to: Value | None = Field(None, description="when it ended")


class StandaloneRelationship(Relationship):
    """A link of two records that is an object of its own."""

    party: Reference = Field(description="record that it starts from")


class Role(Strict):
    """A role that the party plays for the source, or one for each element of a list."""

    each: ListPath | None = Field(None, description="list whose elements are roles")
    when: Condition | None = Field(None, description="no role unless this holds")
    role: Value = Field(description="customer, prospect, contact, employee, supplier, ...")
    scope: Value | None = Field(
        None, description="what it holds for, as a sales area or a company; default: everything"
    )
    attributes: dict[str, Value] = Field({}, description="attributes of the role")
    valid_from: Value | None = Field(None, description="when it began")
    valid_to: Value | None = Field(None, description="when it ended")


class StandaloneRole(Role):
    """A role that is an object of its own, or that another object tells of."""

    party: Reference = Field(description="record that plays it")


class VisitorLink(Strict):
    """A known user seen on an anonymous device or cookie."""

    when: Condition | None = Field(None, description="no link unless this holds")
    visitor: Value = Field(description="key of the device or cookie")
    user: Value = Field(description="key of the user")


def _known(attributes: dict[str, tuple[Attribute, ...]]) -> dict[str, tuple[Attribute, ...]]:
    known = set(ATTRIBUTES) - {"address"}
    odd = sorted(set(attributes) - known)
    if odd:
        msg = f"{', '.join(odd)} is no attribute; known: {', '.join(sorted(known))}"
        raise ValueError(msg)
    return attributes


Attributes = Annotated[
    dict[str, Annotated[tuple[Attribute, ...], BeforeValidator(_as_list)]], AfterValidator(_known)
]


class Party(Strict):
    """A person, an organisation, a group (household, club, buying group, ...) or a visitor."""

    type: Annotated[Value, one_of("person", "organisation", "group", "visitor")] = Field(
        description="person, organisation, group or visitor"
    )
    id: Value | None = Field(None, description="key; default: the record's own")
    merge: bool = Field(
        default=False, description="several records of the source make up one party (events)"
    )
    custom: bool = Field(default=True, description="keeps the fields that no mapping names")
    when: Condition | None = Field(None, description="no party unless this holds")
    country: Value | None = Field(None, description="country that its phone numbers are read in")
    status: Annotated[Value, one_of("active", "blocked", "obsolete", "in_preparation")] | None = (
        Field(None, description="active, blocked, obsolete or in_preparation")
    )
    created: Value | None = Field(None, description="when the source created it")
    changed: Value | None = Field(None, description="when the source last changed it")
    attributes: Attributes = Field({}, description="attributes by name; several: the best first")
    addresses: tuple[Address, ...] = Field((), description="addresses, the best first")
    identifiers: tuple[Identifier, ...] = Field((), description="identifiers, the best first")
    consents: tuple[Consent, ...] = Field((), description="statements of permission")
    roles: tuple[Role, ...] = Field((), description="roles it plays, with their attributes")
    relationships: tuple[Relationship, ...] = Field((), description="links to other records")
