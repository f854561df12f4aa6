"""ABC, the RFM grid and cohorts: exact numbers of small worlds."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysed_world import Order, analysed, buyers, customer, customers, order
from builders import in_memory
from cdp.store import Warehouse

ABC = "select profile_id, place, revenue::double, class from gold.analysis_abc order by place"


def said(warehouse: Warehouse, name: str) -> tuple[str, list[str], list[str]]:
    """Return status, words and marks of an analysis."""
    row = warehouse.query(
        "select status, words, marks from gold.analysis where analysis = $name", name=name
    ).row(0)
    return row[0], row[1], row[2]


def test_classes_end_with_whoever_reaches_their_share(tmp_path: Path) -> None:
    with in_memory(tmp_path) as warehouse:
        # 800 of 1,000 by ten, 150 by five, 50 by five
        buyers(warehouse, [*[80.0] * 10, *[30.0] * 5, *[10.0] * 5])
        analysed(warehouse, tmp_path, ask=["abc"])
        rows = warehouse.query(ABC).rows()
        shares = warehouse.query(
            "select share, cumulative_share from gold.analysis_abc order by place"
        ).rows()
        status, words, _ = said(warehouse, "abc")
    assert [row[3] for row in rows] == [*"A" * 10, *"B" * 5, *"C" * 5]
    assert [row[0] for row in rows] == [f"P-{n:03}" for n in range(20)], "equal ones by id"
    assert shares[0] == (0.08, 0.08)
    assert shares[14][1] == 0.95
    assert shares[-1] == (0.01, 1.0)
    assert status == "found"
    assert words[0] == (
        "A: 10 of 20 customers (50.0%) brought 80.0% of net revenue in the last 365 days, "
        "800.00 EUR"
    )


def test_revenue_is_net_of_what_does_not_count(tmp_path: Path) -> None:
    with in_memory(tmp_path) as warehouse:
        buyers(warehouse, [10.0] * 18)
        customer(warehouse, "P-a", (10, 500.0), (400, 900.0))
        customer(warehouse, "P-b", (10, 100.0))
        order(warehouse, "P-b", 5, (9, 7_000), status="cancelled")
        order(warehouse, "P-b", 6, (9, 7_000), duplicate_of="shop:x")
        order(warehouse, "P-b", 7, (-3, 7_000))
        order(warehouse, "P-b", 8, (8, 7_000), currency="USD")
        order(warehouse, "P-b", 9, (7, 60), status="returned")
        customer(warehouse, "P-c", (5, 50.0))
        order(warehouse, "P-c", 9, (4, 50), status="returned")
        customer(warehouse, "A-1", (3, 9_999.0), kind="organisation")
        analysed(warehouse, tmp_path, ask=["abc"])
        rows = warehouse.query(ABC).rows()
    assert [row[:3] for row in rows[:3]] == [
        ("P-a", 1, 500.0),
        ("P-b", 2, 100.0),
        ("P-c", 3, 50.0),
    ]
    assert len(rows) == 21


def test_organisations_and_other_currencies_count_where_they_are_asked_for(tmp_path: Path) -> None:
    firms = {"kind": "abc", "of": ["organisation"], "a": 0.5, "b": 0.9}
    with in_memory(tmp_path) as warehouse:
        (tmp_path / "features.yaml").write_text("currency: EUR\nrates: {USD: 0.5}\n", "utf-8")
        for number in range(20):
            who, kind = f"A-{number:02}", "organisation"
            customer(warehouse, who, kind=kind)
            order(warehouse, who, 0, (3, 100.0), kind, currency="USD")
        analysed(warehouse, tmp_path, files={"firms": firms})
        rows = warehouse.query(ABC).rows()
    assert {row[2] for row in rows} == {50.0}
    assert [row[3] for row in rows] == [*"A" * 10, *"B" * 8, *"C" * 2]


@pytest.mark.parametrize("kind", ["abc", "rfm", "cohorts"])
def test_too_few_are_told_so_and_nothing_is_shown(tmp_path: Path, kind: str) -> None:
    with in_memory(tmp_path) as warehouse:
        buyers(warehouse, [10.0] * 19)
        analysed(warehouse, tmp_path, ask=[kind])
        status, words, _ = said(warehouse, kind)
        tables = {"abc": "abc", "rfm": "rfm", "cohorts": "cohort"}
        rows = warehouse.count(f"gold.analysis_{tables[kind]}")
    assert (status, rows) == ("insufficient_data", 0)
    assert words[0].startswith(("19 customers", "0 customers"))


@settings(max_examples=8, deadline=None)
@given(st.lists(st.integers(1, 50), min_size=20, max_size=40))
def test_classes_are_in_order_and_as_small_as_they_can_be(
    tmp_path_factory: pytest.TempPathFactory, amounts: list[int]
) -> None:
    folder = tmp_path_factory.mktemp("law")
    with in_memory(folder) as warehouse:
        buyers(warehouse, amounts)
        analysed(warehouse, folder, ask=["abc"])
        rows = warehouse.query(ABC).rows()
    assert [row[2] for row in rows] == sorted(amounts, reverse=True)
    assert [row[3] for row in rows] == sorted(row[3] for row in rows)
    for limit, classes in ((80, "A"), (95, "AB")):
        inside = [int(row[2]) for row in rows if row[3] in classes]
        assert sum(inside) * 100 >= limit * sum(amounts)
        assert sum(inside[:-1]) * 100 < limit * sum(amounts)


def test_fifths_are_cut_at_values_and_named_in_words(tmp_path: Path) -> None:
    with in_memory(tmp_path) as warehouse:
        # twelve customers each with 1 to 5 orders, the last of them 50, 40, ... 10 days ago
        crowd: dict[str, list[Order]] = {
            f"P-{n:02}": [(50 - 10 * (n // 12) + 100 * m, 10.0) for m in range(1 + n // 12)]
            for n in range(60)
        }
        customers(warehouse, crowd)
        analysed(warehouse, tmp_path, ask=["rfm"])
        rows = warehouse.query(
            "select recency, frequency, monetary, segment, customers, revenue::double, "
            "average_recency_days::double, average_orders::double, average_revenue::double "
            "from gold.analysis_rfm order by recency"
        ).rows()
        status, words, _ = said(warehouse, "rfm")
    assert rows == [
        (1, 1, 1, "hibernating", 12, 120.0, 50.0, 1.0, 10.0),
        (2, 2, 2, "hibernating", 12, 240.0, 40.0, 2.0, 20.0),
        (3, 3, 3, "need attention", 12, 360.0, 30.0, 3.0, 30.0),
        (4, 4, 4, "loyal", 12, 480.0, 20.0, 4.0, 40.0),
        (5, 5, 4, "champions", 12, 480.0, 10.0, 5.0, 40.0),
    ], "the fifth order of champions is older than the 365 days that money looks at"
    assert status == "found"
    assert words[0] == (
        "champions: 12 of 60 customers (20.0%), in the last 365 days 28.6% of net revenue, "
        "480.00 EUR; on average 5.0 orders, the last 10 days ago"
    )


def test_every_cell_of_recency_and_frequency_has_its_name(tmp_path: Path) -> None:
    with in_memory(tmp_path) as warehouse:
        crowd: dict[str, list[Order]] = {
            f"P-{n:03}": [(10 * (n // 20 + 1) + m, 10.0) for m in range(n // 4 % 5 + 1)]
            for n in range(100)
        }
        customers(warehouse, crowd)
        analysed(warehouse, tmp_path, ask=["rfm"])
        names = dict(
            warehouse.query(
                "select (recency, frequency)::varchar, any_value(segment) "
                "from gold.analysis_rfm group by recency, frequency"
            ).rows()
        )
    assert len(names) == 25
    map_of = {
        5: ["new", "potential loyalists", "potential loyalists", "champions", "champions"],
        4: ["promising", "potential loyalists", "potential loyalists", "loyal", "loyal"],
        3: ["about to sleep", "about to sleep", "need attention", "loyal", "loyal"],
        2: ["hibernating", "hibernating", "at risk", "at risk", "cannot lose them"],
        1: ["hibernating", "hibernating", "at risk", "at risk", "cannot lose them"],
    }
    for recency, segments in map_of.items():
        assert [names[f"({recency}, {f})"] for f in range(1, 6)] == segments


COHORTS = (
    "select cohort, age, customers, active, retention, revenue::double, cumulative_value::double "
    "from gold.analysis_cohort order by cohort, age"
)


def test_cohorts_are_followed_through_whole_periods(tmp_path: Path) -> None:
    march, april, may = date(2026, 3, 5), date(2026, 4, 5), date(2026, 5, 5)
    with in_memory(tmp_path) as warehouse:
        again: list[Order] = [(may, 30.0), (date(2026, 6, 9), 999.0)]
        crowd: dict[str, list[Order]] = {
            **{f"P-m{n:02}": [(march, 100.0), *[(may, 20.0)] * (n < 5)] for n in range(20)},
            **{f"P-a{n:02}": [(april, 10.0), *again * (n < 2)] for n in range(10)},
        }
        customers(warehouse, crowd)
        back = datetime(2026, 4, 2)  # noqa: DTZ001 - UTC without a zone
        order(warehouse, "P-m00", 8, (march, 50.0), status="returned", changed_at=back)
        analysed(warehouse, tmp_path, ask=["cohorts"], as_of=datetime(2026, 6, 20, tzinfo=UTC))
        rows = warehouse.query(COHORTS).rows()
        status, words, marks = said(warehouse, "cohorts")
    march, april = date(2026, 3, 1), date(2026, 4, 1)
    assert rows == [
        (march, 0, 20, 20, 1.0, 2050.0, 102.5),
        (march, 1, 20, 0, 0.0, -50.0, 100.0),
        (march, 2, 20, 5, 0.25, 100.0, 105.0),
        (april, 0, 10, 10, 1.0, 100.0, 10.0),
        (april, 1, 10, 2, 0.2, 60.0, 16.0),
    ]
    assert (status, marks) == ("found", ["left_truncated"])
    assert words == [
        (
            "1 month after the first order: 6.7% of 30 customers ordered in that month; a customer "
            "had brought 72.00 EUR by its end"
        ),
        "orders are known since 2026-03: some of that cohort may be older customers",
    ]


def test_only_the_last_cohorts_are_told_and_quarters_are_longer(tmp_path: Path) -> None:
    with in_memory(tmp_path) as warehouse:
        quarter = timedelta(days=91)
        days = [date(2024, 1, 10) + quarter * (n % 8) for n in range(80)]
        crowd: dict[str, list[Order]] = {
            f"P-{n:02}": [(day, 10.0), (day + quarter, 5.0)] for n, day in enumerate(days)
        }
        customers(warehouse, crowd)
        files = {"new": {"kind": "cohorts", "by": "quarter", "last": 4}}
        analysed(warehouse, tmp_path, files=files, as_of=datetime(2026, 2, 1, tzinfo=UTC))
        rows = warehouse.query(COHORTS).rows()
        marks = said(warehouse, "new")[2]
    cohorts = {row[0]: row[2] for row in rows}
    first = date(2025, 1, 1)
    assert cohorts == dict.fromkeys([first, *(first.replace(month=m) for m in (4, 7, 10))], 10)
    assert [row[4] for row in rows if row[0] == first] == [1.0, 1.0, 0.0, 0.0]
    assert marks == []
