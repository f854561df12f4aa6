"""The innocent explanations: why two records may agree without being the same.

Each class names the evidence that agrees for its reason; everything else agrees only by chance.
`address` means agreement on the street (or, without streets, on the postcode); `area` the levels
below it. The list is the zero-configuration recipe's, step 6.
"""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Final

from cdp.identity.comparisons import STREET_LEVELS

if TYPE_CHECKING:
    from cdp.identity.comparisons import Comparison

AREA: Final = "area"
CONTACTS: Final = frozenset({"address", "phone", "email"})

SHARED_EVIDENCE: Final[dict[str, str]] = {
    "address": "house",
    "area": "area",
    "phone": "telephone",
    "email": "e-mail",
}
"""What people who are not the same may share, in the words of the descriptions."""


def _sharing(subject: str, who: str, alone: str | None) -> dict[str, str]:
    """Return a class per way of sharing a place, a telephone, an e-mail or several of them."""
    classes = {} if alone is None else {subject: alone}
    for place, phone, email in product(("", "address", "area"), ("", "phone"), ("", "email")):
        parts = [part for part in (place, phone, email) if part]
        if parts:
            shared = " and ".join(SHARED_EVIDENCE[part] for part in parts)
            classes[" ".join([*subject.split(), *parts])] = f"{who} same {shared}"
    return classes


def _borrowing(identifier: str, name: str) -> dict[str, str]:
    """Return the ways in which people use one identifier: a slip, or a relative's."""
    return {
        identifier: f"shared or mistaken {name}",
        f"family {identifier}": f"relatives using one {name}",
        f"address {identifier}": f"others of the same house using one {name}",
        f"family address {identifier}": f"family of the same house using one {name}",
    }


CLASSES: Final[dict[str, str]] = {
    **_sharing("", "others of the", None),
    **_sharing("family", "family of the", "same family name"),
    **_sharing("employer", "colleagues of the", "colleagues"),
    **_sharing("family employer", "colleagues of one family name of the", "relatives at work"),
    "organisation": "organisations of one name",
    "organisation area": "sites of one organisation nearby",
    "organisation phone": "sites of one organisation sharing a telephone",
    "organisation email": "sites of one organisation sharing an e-mail",
    **_borrowing("national_id", "national id"),
    **_borrowing("other_ids", "reference"),
    "given family": "namesakes",
    "given family email": "namesakes with an e-mail made of the name",
    "given family area": "namesakes nearby",
    "given family employer": "namesakes with one employer",
    "given family address": "father and son",
    "given family phone": "father and son sharing a telephone",
    "given": "same given name",
    "given email": "e-mail made of the given name",
    "given area": "same given name in the area",
    "family address birth_date": "twins",
    "birth_date": "same birthday",
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
