"""The picture of a pair: the same bytes each time, every term on it, ending at the match weight."""

import re
from pathlib import Path
from typing import Any

import pytest

from cdp.cli import main
from cdp.steward.waterfall import FORMATS, Format, draw
from cdp.steward.words import pair_sentences, percent, terms
from published import copied

EDGE: dict[str, Any] = {
    "record_l": "crm:<1>",
    "record_r": "shop:$2$",
    "match_weight": 4.5,
    "probability": 0.958,
    "decided": True,
    "decided_by": "model",
    "innocent": "family of the same house",
    "innocent_share": 0.93,
    "weights": [
        {"comparison": "given", "level": "exact, rare value", "weight": 9.1},
        {"comparison": "prior", "level": None, "weight": -9.4},
        {"comparison": "birth_date", "level": "near", "weight": 6.0},
        {"comparison": "innocent", "level": None, "weight": -1.2},
    ],
}


def test_terms_are_told_from_the_prior_to_the_innocent_and_add_up() -> None:
    told = terms(EDGE)
    assert [text for text, _ in told] == [
        "two records taken at random",
        "given name: exact, rare value",
        "birth date: near",
        "innocent explanations: family of the same house (93%)",
    ]
    assert sum(weight for _, weight in told) == pytest.approx(EDGE["match_weight"])
    assert pair_sentences(EDGE)[-1] == "  =  +4.5  probability 95.8%"


@pytest.mark.parametrize("kind", FORMATS)
def test_the_same_pair_gives_the_same_bytes(kind: Format) -> None:
    assert draw(EDGE, kind) == draw(EDGE, kind)


def test_the_picture_shows_every_term_and_what_they_come_to() -> None:
    picture = draw(EDGE, "svg").decode()
    for text, weight in terms(EDGE):
        assert text in picture
        assert (
            f"{weight:+.1f}".replace("-", "\N{MINUS SIGN}") in picture
            or f"{weight:+.1f}" in picture
        )
    assert "match weight +4.5, probability 95.8%" in picture
    assert draw(EDGE, "png").startswith(b"\x89PNG")


def test_the_page_needs_nothing_else_and_shows_names_as_they_are() -> None:
    page = draw(EDGE, "html").decode()
    assert "crm:&lt;1&gt; and shop:$2$" in page
    assert "<svg" in page
    assert not re.search(r"<script|<link|src=", page)


def test_no_probability_is_rounded_to_certainty() -> None:
    assert [percent(p) for p in (0.0, 0.5, 0.99999)] == ["under 0.1%", "50.0%", "over 99.9%"]


def test_a_chart_is_written_or_refused_clearly(
    base: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place = copied(base, tmp_path / "w").root

    def run(*arguments: str) -> str:
        with pytest.raises(SystemExit):
            main(["explain", *arguments, "--workspace", str(place)])
        return capsys.readouterr().err

    assert "drew" in run("crm:1", "crm:2", "--chart", str(tmp_path / "a.svg"))
    assert (tmp_path / "a.svg").read_text(encoding="utf-8").count("<svg") == 1
    assert "none of the pictures" in run("crm:1", "crm:2", "--chart", str(tmp_path / "a.gif"))
    assert "name both" in run("crm:1", "--chart", str(tmp_path / "a.svg"))
    assert "nothing to draw" in run(
        "crm:2", "shop:ada@example.org", "--chart", str(tmp_path / "b.svg")
    )
    assert "cannot be written" in run("crm:1", "crm:2", "--chart", str(tmp_path / "no" / "b.svg"))
