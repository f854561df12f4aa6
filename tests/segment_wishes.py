"""Random definitions of segments over the small worlds of `segment_worlds`, for hypothesis."""

from datetime import date, datetime

from hypothesis import strategies as st

from segment_worlds import Row

Given = st.SearchStrategy[Row]
TEXTS: Given = st.sampled_from(
    [
        {"is": "DE"},
        {"is": "De", "ignore_case": True},
        {"is_not": "DE"},
        {"one_of": ["DE", "IT"]},
        {"none_of": ["DE", "IT"]},
        {"none_of": ["DE"], "ignore_case": True},
        {"contains": "D"},
        {"contains": "r", "ignore_case": True},
        {"starts_with": "F"},
        {"ends_with": "E"},
        {"exists": True},
        {"exists": False},
    ]
)
LISTS: Given = st.sampled_from(
    [
        {"contains": "crm"},
        {"contains": "erp", "ignore_case": True},
        {"one_of": ["crm", "web"]},
        {"none_of": ["crm"]},
        {"exists": True},
        {"exists": False},
    ]
)
NUMBERS: Given = st.sampled_from(
    [
        {"is": 1},
        {"is_not": 1},
        {"one_of": [0, 2]},
        {"at_least": 2},
        {"at_most": 1},
        {"more_than": 0, "less_than": 3},
        {"between": [1, 2]},
        {"exists": False},
    ]
)
MOMENT = st.sampled_from(
    [
        *("now", "today", "yesterday", "10 days ago", "1 week ago", "1 month ago", "1 year ago"),
        *("start of month", "start of last month", "start of week", "start of next quarter"),
        *("24 hours ago", "2026-06-21", "18 years ago", "start of last year"),
        *(date(2026, 6, 21), date(2026, 6, 30), datetime(2026, 6, 21)),  # noqa: DTZ001
    ]
)
MOMENTS: Given = st.one_of(
    st.sampled_from([{"within_days": 10}, {"older_than_days": 10}, {"exists": False}]),
    st.builds(
        lambda name, moment: {name: moment},
        st.sampled_from(["at_least", "at_most", "more_than", "less_than"]),
        MOMENT,
    ),
    st.builds(lambda *both: {"between": list(both)}, MOMENT, MOMENT),
)
WINDOWS: Given = st.one_of(
    st.just({}),
    st.sampled_from([{"within_days": 10}, {"within_days": 31}, {"older_than_days": 7}]),
    st.just({"within_days": 31, "older_than_days": 7}),
    st.builds(lambda first: {"from": first}, MOMENT),
    st.builds(lambda first, last: {"from": first, "to": last}, MOMENT, MOMENT),
    st.builds(lambda *both: {"between": list(both)}, MOMENT, MOMENT),
)
WHERE: dict[str, list[Row]] = {
    "interaction": [
        {},
        {"type": "open"},
        {"campaign": {"exists": False}},
        {"type": ["open", "click"], "campaign": "spring"},
        {"occurred_at": {"within_days": 10}},
    ],
    "order": [
        {},
        {"amount": {"at_least": 2}},
        {"status": "cancelled"},
        {"channel": {"is": "SHOP", "ignore_case": True}},
        {"currency": "USD"},
    ],
    "order_line": [
        {},
        {"category": "shoes"},
        {"category": {"none_of": ["shoes"]}},
        {"product": {"contains": "shoe", "ignore_case": True}, "channel": "store"},
        {"quantity": {"more_than": 1}},
    ],
}


def _named(found: Given) -> Given:
    """The same, but told in one word where hypothesis tells what it draws from."""

    @st.composite
    def conditions(draw: st.DrawFn) -> Row:
        return draw(found)

    return conditions()


def merged(*parts: Row) -> Row:
    return {key: value for part in parts for key, value in part.items()}


def _selection(key: str = "event") -> Given:
    return st.sampled_from([(e, w) for e, several in WHERE.items() for w in several]).map(
        lambda found: {key: found[0]} | ({"where": found[1]} if found[1] else {})
    )


COUNTS: Given = st.sampled_from(
    [
        *({}, {"at_least": 1}, {"at_least": 2}, {"at_most": 0}, {"at_most": 1}),
        *({"at_least": 1, "at_most": 2}, {"more_than": 1}, {"less_than": 2}),
    ]
)
BOUNDS: Given = st.sampled_from(
    [
        *({"at_least": 2}, {"at_most": 2}, {"more_than": 0}, {"less_than": 10.5}),
        {"at_least": 1.5, "at_most": 3.5},
    ]
)
_MONEY = [{m: "amount"} for m in ("sum", "avg", "min", "max")]
MEASURES: Given = st.one_of(
    st.builds(
        merged,
        _selection().filter(lambda found: found["event"] != "interaction"),
        st.sampled_from([*_MONEY, {"sum": "amount", "currency": "USD"}, {"distinct": "channel"}]),
        BOUNDS,
        WINDOWS,
    ),
    st.builds(
        merged,
        st.just({"event": "order_line"}),
        st.sampled_from([{"sum": "quantity"}, {"max": "quantity"}, {"distinct": "product_id"}]),
        BOUNDS,
        WINDOWS,
    ),
).filter(lambda found: not ("currency" in found and "currency" in found.get("where", {})))
FIRST: Given = st.builds(
    merged,
    _selection(),
    st.sampled_from([{"which": "first"}, {"which": "last"}]),
    WINDOWS,
)
HAVING: Given = st.builds(
    merged,
    st.just({"event": "order"}),
    st.sampled_from([{"which": "first"}, {"which": "last"}]),
    st.sampled_from([{"having": {"channel": "store"}}, {"having": {"amount": {"at_most": 2}}}]),
)
_GAP: Given = st.sampled_from([{}, {"after_days": 1}, {"after_days": 7}, {"after_days": 30}])
_STEP: Given = st.builds(merged, _selection(), _GAP)
SEQUENCES: Given = st.builds(
    lambda first, middle, last: {"sequence": [first, *middle, last]},
    st.builds(merged, _selection(), WINDOWS),
    st.lists(_STEP, max_size=1),
    st.builds(merged, _STEP, st.sampled_from([{}, {"never": True}])),
)
SCORES: Given = st.sampled_from(
    [
        {"score": "rfm", "at_least": 2},
        {"score": "rfm", "band": "high"},
        {"score": "rfm", "band": ["high", "low"], "at_most": 1},
        {"score": "rfm", "status": "published"},
        {"score": "rfm", "top_deciles": 1},
        {"score": "rfm", "decile": {"at_least": 9}},
        {"score": "rfm", "decile": {"between": [1, 9]}, "band": "high"},
        {"score": "rfm", "exists": False},
        {"score": "rfm", "exists": True},
    ]
)
_PLAIN: Given = st.one_of(
    TEXTS.map(lambda c: {"attribute": "country"} | c),
    LISTS.map(lambda c: {"attribute": "sources"} | c),
    NUMBERS.map(lambda c: {"attribute": "record_count"} | c),
    MOMENTS.map(lambda c: {"attribute": "last_seen_at"} | c),
    MOMENTS.map(lambda c: {"feature": "last_order_at"} | c),
    NUMBERS.map(lambda c: {"feature": "orders"} | c),
    NUMBERS.map(lambda c: {"feature": "recency_days"} | c),
    SCORES,
    st.sampled_from(
        [
            {"consent": "marketing"},
            {"consent": "marketing", "state": "denied", "channel": "sms"},
            {"consent": "service", "best": True},
            {"interest": "shoes", "top": 1},
            {"interest": ["HATS", "nothing"]},
        ]
    ),
    st.builds(merged, _selection(), COUNTS, WINDOWS),
    st.builds(merged, _selection("never"), WINDOWS),
    MEASURES,
    FIRST,
    HAVING,
    SEQUENCES,
    st.sampled_from([{"segment": "germans"}, {"segment": "buyers"}, {"segment": "visitors"}]),
)
PLAIN = _named(_PLAIN)
MANY: Given = st.sampled_from(
    [{}, {"every": True}, {"at_least": 2}, {"at_most": 0}, {"at_least": 1, "at_most": 1}]
)
"""How many of the others."""
_RELATED: Given = st.builds(
    merged,
    st.sampled_from([{"related": "contact_of"}, {"related": "any"}]),
    st.sampled_from([{"direction": "from"}, {"direction": "to"}, {}, {"ended": True}]),
    st.sampled_from([{"other": "person"}, {"other": "organisation"}]),
    MANY,
)
_OF_PERSONS: Given = st.one_of(
    PLAIN,
    PLAIN,
    MOMENTS.map(lambda c: {"attribute": "birth_date"} | c),
    PLAIN.map(lambda c: {"account": c}),
    st.builds(lambda c, many: {"household": c} | many, PLAIN, MANY),
    st.builds(lambda c, many: {"household": c, "others": True} | many, PLAIN, MANY),
    _RELATED,
    st.builds(lambda tie, c: tie | {"satisfies": c}, _RELATED, PLAIN),
)
OF_PERSONS = _named(_OF_PERSONS)
_OF_FIRMS: Given = st.one_of(
    PLAIN,
    st.builds(lambda c, many: {"contacts": c} | many, OF_PERSONS, MANY),
    PLAIN.map(lambda c: {"parent": c}),
    _RELATED,
    st.builds(lambda tie, c: tie | {"satisfies": c}, _RELATED, PLAIN),
)

OF_FIRMS = _named(_OF_FIRMS)


def _combined(leaves: Given) -> Given:
    return st.recursive(
        leaves,
        lambda inner: st.one_of(
            st.lists(inner, min_size=1, max_size=3).map(lambda c: {"all": c}),
            st.lists(inner, min_size=1, max_size=3).map(lambda c: {"any": c}),
            inner.map(lambda c: {"not": c}),
        ),
        max_leaves=5,
    )


DEFINITIONS: Given = st.one_of(
    st.builds(
        lambda of, where: {"of": of, "where": where},
        st.sampled_from(["person", "person", "visitor"]),
        _combined(OF_PERSONS),
    ),
    st.builds(lambda where: {"of": "organisation", "where": where}, _combined(OF_FIRMS)),
)
OTHERS: dict[str, Row] = {
    "germans": {"where": {"attribute": "country", "is": "DE"}},
    "buyers": {"of": "organisation", "where": {"event": "order"}},
    "visitors": {"of": "visitor", "where": {"not": {"segment": "germans"}}},
}
