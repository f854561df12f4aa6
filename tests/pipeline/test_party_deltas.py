"""Facts, scores, segments and exports of touched parties are those of a full run, row for row."""

from datetime import timedelta
from pathlib import Path
from random import Random

import pytest

from builders import AS_OF, Value, add, in_memory, workspace
from cdp.activation.stage import STAGE as ACTIVATION
from cdp.features.stage import STAGE as FEATURES
from cdp.scores.stage import STAGE as SCORES
from cdp.segments.stage import STAGE as SEGMENTS
from cdp.stage import Delta, Run, Stage
from cdp.store import Warehouse
from cdp.store.schema import quoted

pytestmark = pytest.mark.long

NOW = AS_OF.replace(tzinfo=None)
PEOPLE = tuple(f"P-{n}" for n in range(9))
FIRMS = tuple(f"A-{n}" for n in range(3))
STAGES = (FEATURES, SCORES, SEGMENTS, ACTIVATION)
RULES: dict[str, object] = {
    "scores/engagement.yaml": {
        "method": "rules",
        "of": ["person", "organisation"],
        "rules": [
            {"because": "bought", "event": "order_placed", "points": 20, "at_most_points": 30},
            {"because": "waits", "feature": "open_carts", "at_least": 1, "points": 5},
        ],
        "bands": {"cold": -100, "hot": 15},
    },
    "scores/active.yaml": {"method": "active_contacts", "window_days": 40},
    "scores/place.yaml": {
        "method": "engagement",
        "of": ["person", "organisation"],
        "compare_within": "country",
        "least_peers": 3,
    },
    "scores/told.yaml": {
        "method": "external",
        "of": ["person", "organisation"],
        "source": "crm",
        "field": "fit",
    },
    "scores/rfm.yaml": {"method": "rfm", "of": ["person", "organisation"], "bands": {"top": 9}},
    "segments/buyers.yaml": {"where": {"event": "order", "within_days": 40}},
    "segments/loyal.yaml": {
        "where": {"all": [{"segment": "buyers"}, {"score": "rfm", "at_least": 8}]}
    },
    "segments/firms.yaml": {"of": "organisation", "where": {"feature": "orders", "at_least": 2}},
    "segments/best.yaml": {
        "sql": "select profile_id from gold.feature order by revenue desc, profile_id limit 3"
    },
    "segments/not_best.yaml": {"where": {"not": {"segment": "best"}}},
    "destinations/news.yaml": {
        "type": "csv_file",
        "purpose": "internal",
        "segments": ["loyal", "best", "firms"],
        "columns": ["profile_id", {"field": "score.rfm", "name": "rfm"}],
    },
}
_KEPT = {
    "gold.profile": ("profile_id",),
    "gold.account": ("account_id",),
    "gold.order": ("order_id",),
    "gold.cart": ("cart_id",),
    "gold.relationship": ("profile_id",),
}
COMPARED = (
    "gold.feature",
    "gold.score",
    "gold.segment_member",
    "gold.segment_history",
    "activation.run",
    "activation.delivery",
)


def rows_of(seeds: dict[str, int]) -> dict[str, list[dict[str, Value]]]:
    """Return the gold tables that follow from a seed for each thing; a negative one: not there."""
    found: dict[str, list[dict[str, Value]]] = {name: [] for name in _KEPT}
    for thing, seed in seeds.items():
        random = Random(f"{thing} {seed}")  # noqa: S311 - invented data
        if seed < 0:
            continue
        if thing in PEOPLE:
            kind = random.choice(("person", "person", "visitor"))
            found["gold.profile"].append(
                {"profile_id": thing, "profile_type": kind, **_said(random)}
            )
            found["gold.relationship"].append(_employed(random, thing))
        elif thing in FIRMS:
            found["gold.account"].append({"account_id": thing, **_said(random)})
        else:
            name = "order" if seed % 4 else "cart"
            found[f"gold.{name}"].append(_event(random, thing, name))
    return found


def _said(random: Random) -> dict[str, Value]:
    fit = random.choice(('{"crm":{"fit":"3"}}', '{"crm":{"fit":"7"}}', "{}"))
    return {"country": random.choice(("AT", "DE", None)), "custom": fit}


def _employed(random: Random, who: str) -> dict[str, Value]:
    return {
        "profile_id": who,
        "other_id": random.choice(FIRMS),
        "kind": "contact_of",
        "other_type": "organisation",
        "valid_to": random.choice((None, None, NOW - timedelta(days=1))),
    }


def _event(random: Random, thing: str, name: str) -> dict[str, Value]:
    row: dict[str, Value] = {
        f"{name}_id": thing,
        "profile_id": random.choice((*PEOPLE, None)),
        "account_id": random.choice((*FIRMS, None, None)),
        "status": random.choice(("completed", "cancelled")),
        "currency": random.choice(("EUR", "EUR", "EUR", "USD")),
        "amount": float(random.randint(1, 500)),
    }
    time = {"order": "ordered_at", "cart": "created_at"}[name]
    return row | {time: NOW - timedelta(days=random.randint(-2, 60))}


class Lane:
    """One workspace that gets every change."""

    def __init__(self, folder: Path, warehouse: Warehouse) -> None:
        folder.mkdir(exist_ok=True)
        self.place = workspace(folder, RULES)
        self.warehouse = warehouse

    def fill(self, seeds: dict[str, int]) -> None:
        for name, rows in rows_of(seeds).items():
            self.warehouse.connection.execute(f"delete from {quoted(name)}")  # noqa: S608
            if rows:
                add(self.warehouse, name, *rows)

    def touch(self, ids: set[str]) -> None:
        for kind, letter in (("profile_id", "P"), ("account_id", "A")):
            name = f"step.touched_{kind}"
            self.warehouse.connection.execute(f"create or replace table {name} ({kind} varchar)")
            for id_ in sorted(i for i in ids if i.startswith(letter)):
                self.warehouse.connection.execute(f"insert into {name} values (?)", [id_])  # noqa: S608

    def run(self, run_id: int) -> Run:
        return Run(run_id, AS_OF, AS_OF, 1, self.warehouse, self.place)

    def whole(self, stage: Stage, run_id: int) -> None:
        with self.warehouse.transaction():
            stage.run(self.run(run_id))

    def delta(self, stage: Stage, run_id: int) -> bool:
        assert stage.delta is not None
        with self.warehouse.transaction():
            return stage.delta(self.run(run_id), Delta(run_id - 1, {})) is not None

    def held(self, name: str) -> list[tuple[object, ...]]:
        sql = f"select * from {quoted(name)} order by all"  # noqa: S608
        return self.warehouse.connection.execute(sql).fetchall()


def touched(before: dict[str, int], after: dict[str, int]) -> set[str]:
    """Return the ids of which a row is another one, as golden tells them."""
    ids: set[str] = set()
    for one, other in zip(rows_of(before).values(), rows_of(after).values(), strict=True):
        changed = [row for row in (*one, *other) if (row in one) != (row in other)]
        ids |= {str(r[c]) for r in changed for c in ("profile_id", "account_id") if r.get(c)}
    return ids


def both(tmp_path: Path, run_id: int, lanes: tuple[Lane, Lane]) -> dict[str, bool]:
    """Carry out all stages, by deltas where they can be told and in full; say which were told."""
    told, found = True, {}
    for stage in STAGES:
        lanes[1].whole(stage, run_id)
        told = told and lanes[0].delta(stage, run_id)
        if not told:
            lanes[0].whole(stage, run_id)
        found[stage.name] = told
    for name in COMPARED:
        assert lanes[0].held(name) == lanes[1].held(name), (run_id, name)
    files = [sorted(p.name for p in (tmp_path / n).rglob("*.csv")) for n in ("one", "other")]
    assert files[0] == files[1]
    return found


@pytest.mark.parametrize("seed", range(3))
def test_a_delta_is_a_full_run(tmp_path: Path, seed: int) -> None:
    random = Random(seed)  # noqa: S311 - invented data
    things = (*PEOPLE, *FIRMS, *(str(n) for n in range(30)))
    seeds = {thing: random.randint(-1, 20) for thing in things}
    told: list[str] = []
    for folder in ("one", "other"):
        (tmp_path / folder).mkdir()
    with in_memory(tmp_path / "one") as one, in_memory(tmp_path / "other") as other:
        lanes = Lane(tmp_path / "one", one), Lane(tmp_path / "other", other)
        for lane in lanes:
            lane.fill(seeds)
            for stage in STAGES:
                lane.whole(stage, 1)
        for run_id in range(2, 8):
            chosen = random.sample(things, random.randint(1, 3))
            later = seeds | {thing: random.randint(-3, 20) for thing in chosen}
            for lane in lanes:
                lane.fill(later)
            lanes[0].touch(touched(seeds, later))
            told += [n for n, was in both(tmp_path, run_id, lanes).items() if was]
            seeds = later
    assert set(told) == {stage.name for stage in STAGES}
