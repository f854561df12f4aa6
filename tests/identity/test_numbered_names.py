"""Names of organisations that differ by a number: branches stay apart, spellings of one join."""

from __future__ import annotations

import csv
import math
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
import pytest
from click.testing import CliRunner

from cdp.cli.match import COMMAND
from cdp.identity.comparisons import NUMBER, ORGANISATION
from cdp.identity.records import RECORD_SCHEMA
from cdp.identity.resolve import resolve
from cdp.store import scratch

if TYPE_CHECKING:
    from pathlib import Path

    from identity_room import World

APART = (
    ("Modehaus Ahorn 12", "Modehaus Ahorn 14"),
    ("Praxis Vogt I", "Praxis Vogt II"),
    ("Hotel Adler 2", "Hotel Adler III"),
    ("Werk Zirndorf A", "Werk Zirndorf B"),
    ("First Lakeside Bank", "2nd Lakeside Bank"),
    ("Terminal Nordhafen 2a", "Terminal Nordhafen 2b"),
    ("Erste Kieler Reederei", "Zweite Kieler Reederei"),
    ("Tankstelle #7 Oberried", "Tankstelle Nr. 8 Oberried"),
)
ONE = (
    ("3M", "3 M Deutschland"),
    ("Hotel 5th Avenue", "Hotel Fifth Avenue"),
    ("Drogerie Weber 12", "Drogerie Weber #12"),
    ("Bäckerei Kern No. 04", "Bäckerei Kern 4 GmbH"),
    ("Schule Rosenau IV", "Schule Rosenau 4"),
    ("Seven Eleven", "7-Eleven"),
    ("Studio54", "Studio 54"),
    ("Gasthof Linde", "Gasthof Linde"),
)
"""Every pair shares its telephone; the last one is told with two house numbers."""


def rows() -> list[dict[str, str]]:
    """Return both records of every pair, named by their place."""
    return [
        {
            "id": f"{number}{side}",
            "company": name,
            "phone": f"+49 30 {number:02d}7 {number:02d}3 {number}1",
            "street": f"Lange Gasse {number + (side == 'b' and name.startswith('Gasthof'))}",
            "city": f"Neustadt-{'abcdefghijklmnop'[number] * 3}",
        }
        for number, pair in enumerate((*APART, *ONE))
        for side, name in zip("ab", pair, strict=True)
    ]


def matched(table: list[dict[str, str]], folder: Path) -> dict[str, str]:
    """Return the entity of each row that the command writes."""
    with (folder / "in.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, table[0].keys())
        writer.writeheader()
        writer.writerows(table)
    out = folder / "out.csv"
    ran = CliRunner().invoke(COMMAND, [str(folder / "in.csv"), "--out", str(out)])
    assert ran.exit_code == 0, ran.output
    return dict(pl.read_csv(out, infer_schema=False).iter_rows())


def test_numbers_part_names_and_spellings_do_not(tmp_path: Path) -> None:
    found = matched(rows(), tmp_path)
    for number, pair in enumerate((*APART, *ONE)):
        assert (found[f"{number}a"] == found[f"{number}b"]) == (pair in ONE), pair


@pytest.mark.parametrize("shared", [{}, {"city": "Ulm"}, {"phone": "+49 731 55512", "city": "Ulm"}])
def test_five_firms_are_five(tmp_path: Path, shared: dict[str, str]) -> None:
    table = [{"id": str(n), "company": f"Firm {n}", **shared} for n in range(5)]
    assert len(set(matched(table, tmp_path).values())) == 5


def test_a_name_without_a_number_does_not_bridge_branches() -> None:
    site = {"phones": ["+4936177881"], "street": "Hauptstrasse 5", "city": "Jena"}
    names = {"plain": "Hotel Adler", "two": "Hotel Adler 2", "three": "Hotel Adler 3"}
    records = [{"record_id": key, "company": name, **site} for key, name in names.items()]
    crowd = [
        {
            "record_id": f"{n}{side}",
            "company": f"{name} Handel",
            "city": name,
            "phones": [f"+49{n}55511{n}"],
        }
        for n, name in enumerate(("Ulm", "Bonn", "Kiel", "Mainz", "Trier", "Gera"))
        for side in "ab"
    ]
    schema = {
        name: RECORD_SCHEMA[name] for name in ("record_id", "company", "street", "city", "phones")
    }
    found = resolve(pl.DataFrame(records + crowd, schema=schema), scratch())
    ids = dict(found.clusters.select("record_id", "cluster").iter_rows())
    assert ids["two"] != ids["three"]
    assert ids["plain"] in {ids["two"], ids["three"]}
    edges = found.edges.filter(pl.col("weights").str.contains(NUMBER.name))
    assert edges["decided"].to_list() == [False] * len(edges)


def test_what_a_number_weighs_is_not_learned() -> None:
    """A chain as large as the data does not teach that numbers differ within one organisation."""
    records = pl.DataFrame(
        {"record_id": [str(n) for n in range(40)], "company": [f"Store {n}" for n in range(40)]}
    )
    latent = resolve(records, scratch()).model.parts["organisation"].latent
    place = [comparison.name for comparison in latent.comparisons].index(NUMBER.name)
    weight = math.log2(latent.m[place][1] / latent.u[place][1])
    assert weight == pytest.approx(-10)
    assert ORGANISATION.name in {comparison.name for comparison in latent.comparisons}
    assert np.isfinite(latent.sizes).all()


OLD_SITE = (
    "(company_number_l = company_number_r or company_number_l is null or company_number_r is null)"
)


def test_a_model_of_a_former_release_still_decides() -> None:
    """Before, a model knew no comparison of numbers, and asked whether they are the same."""
    records = pl.DataFrame(
        {"record_id": ["1", "2", "3"], "company": ["Ahorn 12", "Ahorn #12", "Ahorn 14 Berlin"]}
    )
    model = resolve(records, scratch()).model
    part = model.parts["organisation"]
    names = [comparison.name for comparison in part.latent.comparisons]
    place = names.index(ORGANISATION.name)
    near = replace(ORGANISATION.levels[1], sql=f"{OLD_SITE} and company_6_l = company_6_r")
    levels = (ORGANISATION.levels[0], near, *ORGANISATION.levels[2:])
    old = replace(
        part.latent,
        comparisons=(replace(ORGANISATION, levels=levels),),
        m=(part.latent.m[place],),
        u=(part.latent.u[place],),
        a=(part.latent.a[place],),
    )
    former = replace(model, parts={"organisation": replace(part, latent=old)})
    found = resolve(records, scratch(), model=former)
    assert found.clusters["cluster"].to_list() == ["1", "1", "3"]


def test_firms_of_a_workspace_are_as_many_as_there_are(empty_world: World) -> None:
    for number in range(5):
        empty_world.record(f"crm:{number}", "organisation", organisation_name=f"Firm {number}")
    empty_world.run()
    assert len(set(empty_world.ids().values())) == 5
    for number in range(5):
        empty_world.record(f"erp:{number}", "organisation", organisation_name=f"Firm No. {number}")
    empty_world.run()
    ids = empty_world.ids()
    assert len(set(ids.values())) == 5
    assert all(ids[f"crm:{number}"] == ids[f"erp:{number}"] for number in range(5))
