"""Random small worlds of gold, for hypothesis.

Times fall on, just before and just after the edges of the windows that definitions ask for.
"""

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from builders import AS_OF

Row = dict[str, Any]
NOW = AS_OF.replace(tzinfo=None)
PEOPLE = ("P-1", "P-2", "P-3")
FIRMS = ("A-1", "A-2")
TICK = timedelta(microseconds=1)
EDGES = (0, 1, 7, 10, 30, 31, 365)
TIMES = st.sampled_from(
    [NOW - timedelta(days=days) + shift for days in EDGES for shift in (-TICK, 0 * TICK, TICK)]
    + [NOW + timedelta(days=1), NOW - timedelta(days=9, hours=5), datetime(2026, 6, 15, 12)]  # noqa: DTZ001
)
ID = st.sampled_from((*PEOPLE, *FIRMS))
MAYBE_PERSON, MAYBE_FIRM = st.none() | st.sampled_from(PEOPLE), st.none() | st.sampled_from(FIRMS)
AMOUNT = st.sampled_from([Decimal(0), Decimal("1.5"), Decimal(2), Decimal(10)])
CURRENCY = st.sampled_from(["EUR", "EUR", "USD"])
PRODUCT = st.sampled_from(["s:1", "s:2", "s:3", None])


def _rows(most: int = 6, **columns: st.SearchStrategy[Any]) -> st.SearchStrategy[list[Row]]:
    return st.lists(st.fixed_dictionaries(dict(columns)), max_size=most)


def _unique(
    *key: str, most: int = 6, **columns: st.SearchStrategy[Any]
) -> st.SearchStrategy[list[Row]]:
    row = st.fixed_dictionaries(dict(columns))
    return st.lists(row, max_size=most, unique_by=lambda found: tuple(found[k] for k in key))


WORLDS: st.SearchStrategy[dict[str, list[Row]]] = st.fixed_dictionaries(
    {
        "gold.profile": _unique(
            "profile_id",
            most=3,
            profile_id=st.sampled_from(PEOPLE),
            profile_type=st.sampled_from(["person", "person", "person", "visitor"]),
            country=st.sampled_from(["DE", "de", "FR", "", None]),
            record_count=st.integers(0, 3),
            birth_date=st.sampled_from(
                [None, date(1980, 1, 1), date(2008, 7, 1), date(2008, 7, 2)]
            ),
            last_seen_at=st.none() | TIMES,
            account_id=MAYBE_FIRM,
            sources=st.lists(st.sampled_from(["crm", "ERP"]), unique=True),
        ),
        "gold.account": _unique(
            "account_id",
            most=2,
            account_id=st.sampled_from(FIRMS),
            account_type=st.sampled_from(["organisation", "organisation", "group"]),
            country=st.sampled_from(["DE", "FR", None]),
            record_count=st.integers(0, 3),
            last_seen_at=st.none() | TIMES,
            parent_account_id=MAYBE_FIRM,
            sources=st.just(["ERP"]),
        ),
        "gold.feature": _unique(
            "profile_id",
            profile_id=ID,
            currency=st.just("EUR"),
            orders=st.integers(0, 3),
            recency_days=st.none() | st.integers(0, 3),
            last_order_at=st.none() | TIMES,
        ),
        "gold.score": _unique(
            "profile_id",
            "score",
            profile_id=ID,
            score=st.sampled_from(["rfm", "other"]),
            value=st.none() | st.integers(0, 3).map(float),
            band=st.sampled_from(["high", "low", None]),
            decile=st.sampled_from([None, 1, 9, 10]),
            status=st.sampled_from(["published", "insufficient_data"]),
        ),
        "gold.consent": _rows(
            profile_id=ID,
            purpose=st.sampled_from(["marketing", "service"]),
            state=st.sampled_from(["granted", "denied"]),
            channel=st.sampled_from(["email", "sms"]),
            best=st.booleans(),
        ),
        "gold.enrichment": _rows(
            profile_id=ID,
            attribute=st.sampled_from(["interests", "time_zone"]),
            value=st.sampled_from(["Shoes; Hats", "Hats", "hats; bags; Shoes"]),
        ),
        "gold.interaction": _unique(
            "interaction_id",
            most=7,
            interaction_id=st.sampled_from([f"i{n}" for n in range(9)]),
            profile_id=MAYBE_PERSON,
            account_id=MAYBE_FIRM,
            type=st.sampled_from(["open", "click"]),
            campaign=st.sampled_from(["spring", None]),
            occurred_at=TIMES,
        ),
        "gold.order": _unique(
            "order_id",
            order_id=st.sampled_from([f"o{n}" for n in range(7)]),
            profile_id=MAYBE_PERSON,
            account_id=MAYBE_FIRM,
            status=st.sampled_from(["completed", "completed", "cancelled"]),
            channel=st.sampled_from(["shop", "store"]),
            currency=CURRENCY,
            duplicate_of=st.sampled_from([None, None, None, "erp:1"]),
            amount=AMOUNT,
            ordered_at=TIMES,
        ),
        "gold.order_line": _unique(
            "order_id",
            "line",
            most=7,
            order_id=st.sampled_from([f"o{n}" for n in range(7)]),
            line=st.integers(1, 2),
            product_id=PRODUCT,
            product=st.sampled_from(["Red Shoe", "hat", None]),
            quantity=st.sampled_from([Decimal(1), Decimal("2.5")]),
            amount=AMOUNT,
        ),
        "gold.product": _unique(
            "product_id",
            product_id=st.sampled_from(["s:1", "s:2"]),
            category=st.sampled_from(["shoes", "Hats", None]),
        ),
        "gold.relationship": _rows(
            profile_id=ID,
            other_id=ID,
            kind=st.sampled_from(["contact_of", "subsidiary_of"]),
            valid_from=st.none() | TIMES,
            valid_to=st.none() | TIMES,
        ),
        "gold.household_member": _unique(
            "profile_id",
            profile_id=st.sampled_from(PEOPLE),
            household_id=st.sampled_from(["H-1", "H-2"]),
        ),
    }
)
