from __future__ import annotations

import json

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdp.model.paths import Path, parse, step


@pytest.mark.parametrize(
    ("text", "json", "absolute", "many"),
    [
        ("City", '$."City"', False, False),
        ("address.city", '$."address"."city"', False, False),
        ("lines[0].sku", '$."lines"[0]."sku"', False, False),
        (
            "to_A.results.*.to_B.results",
            '$."to_A"."results"[*]."to_B"."results"',
            False,
            True,
        ),
        ("/title", '$."title"', True, False),
        (".", "$", False, False),
        ('"a.b".c', '$."a.b"."c"', False, False),
        ("Field with blanks", '$."Field with blanks"', False, False),
        (r'"5\" screen".size', r'$."5\" screen"."size"', False, False),
        (r'"C:\temp\\"', r'$."C:\\temp\\"', False, False),
    ],
)
def test_a_path_becomes_a_json_path(text: str, json: str, absolute: bool, many: bool) -> None:
    found = parse(text)
    assert Path(found.json, found.absolute, found.many) == Path(json, absolute=absolute, many=many)


@pytest.mark.parametrize("text", ["", "a.", "a..b", "a[", "a[x]", "*.a", '"a', "/"])
def test_what_is_no_path_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(ValueError, match=r"address\.city"):
        parse(text)


NAMES = st.text(st.sampled_from("\"\\\\ab.[]*/$@ü'\n"), min_size=1, max_size=5).filter(
    lambda name: name != "*"
)


def written(name: str) -> str:
    """Return a name as mapping files write it."""
    escaped = name.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


@given(names=st.lists(NAMES, min_size=1, max_size=3))
def test_a_path_of_any_names_leads_to_what_they_name(names: list[str]) -> None:
    path = parse(".".join(map(written, names)))
    document: object = 42
    for name in reversed(names):
        document = {f"{name}x": 1, name: document, f"{name}\\": 2}
    found = duckdb.execute(
        "select json_extract_string(?::json, ?)", [json.dumps(document), path.json]
    ).fetchall()
    assert found == [("42",)]
    assert path.names == tuple(names)
    assert path.is_field == (len(names) == 1)
    assert parse(written(names[0])).json == step("$", names[0])
