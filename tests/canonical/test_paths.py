from __future__ import annotations

import pytest

from cdp.canonical.paths import Path, parse


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
    ],
)
def test_a_path_becomes_a_json_path(text: str, json: str, absolute: bool, many: bool) -> None:
    assert parse(text) == Path(json, absolute=absolute, many=many)


@pytest.mark.parametrize("text", ["", "a.", "a..b", "a[", "a[x]", "*.a", '"a', "/"])
def test_what_is_no_path_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(ValueError, match=r"address\.city"):
        parse(text)
