"""Who an id was on a day, told from a published history of merges and splits."""

from datetime import date, datetime
from pathlib import Path

import pytest

from builders import Value, add, opened
from cdp.cli import main
from cdp.errors import NotFoundError
from cdp.publish.served import Generation, Published
from cdp.steward.history import sentence, then
from published import copied, publish

EVENTS: tuple[tuple[str, int, str, str, int], ...] = (
    ("P-old", 1, "born", "", 3),
    ("P-young", 2, "born", "", 2),
    ("P-young", 3, "merged_into", "P-old", 0),
    ("P-old", 3, "absorbed", "P-young", 5),
    ("P-old", 4, "split_off", "P-new", 4),
    ("P-new", 4, "born", "", 1),
    ("P-new", 4, "split_from", "P-old", 1),
    ("P-new", 5, "emptied", "", 0),
)


@pytest.fixture(scope="module")
def place(base: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = copied(base, tmp_path_factory.mktemp("history"))
    with opened(made.root) as warehouse:
        rows: list[dict[str, Value]] = [
            {
                "profile_id": id_,
                "run_id": run,
                "event": event,
                "other_id": other,
                "records": records,
                "at": datetime(2026, run, 1),  # noqa: DTZ001 - the tables hold UTC without a zone
                "reason": "because",
            }
            for id_, run, event, other, records in EVENTS
        ]
        add(warehouse, "identity.history", *rows)
        status = {"P-old": "live", "P-young": "merged", "P-new": "emptied"}
        issued: list[dict[str, Value]] = [{"profile_id": p, "status": s} for p, s in status.items()]
        add(warehouse, "identity.profile", *issued)
        add(warehouse, "gold.profile", {"profile_id": "P-old", "profile_type": "person"})
        add(warehouse, "gold.source_record", {"record_id": "crm:9", "profile_id": "P-old"})
        alias: dict[str, Value] = {"retired_id": "P-young", "profile_id": "P-old", "run_id": 3}
        add(warehouse, "identity.alias", alias)
        publish(made, warehouse, run_id=2)
    return made.root


@pytest.fixture(scope="module")
def generation(place: Path) -> Generation:
    return Published(place / ".cdp").current()


@pytest.mark.parametrize(
    ("id_", "month", "status", "records", "then_id", "current_id"),
    [
        ("P-old", 1, "live", 3, "P-old", "P-old"),
        ("P-old", 3, "live", 5, "P-old", "P-old"),
        ("P-old", 6, "live", 4, "P-old", "P-old"),
        ("P-young", 1, "not_issued", None, None, "P-old"),
        ("P-young", 2, "live", 2, "P-young", "P-old"),
        ("P-young", 3, "merged", None, "P-old", "P-old"),
        ("P-new", 4, "live", 1, "P-new", None),
        ("P-new", 5, "emptied", None, None, None),
    ],
)
def test_who_an_id_was_on_a_day(  # noqa: PLR0913, PLR0917 - a table of cases
    generation: Generation,
    id_: str,
    month: int,
    status: str,
    records: int | None,
    then_id: str | None,
    current_id: str | None,
) -> None:
    found = then(generation, id_, date(2026, month, 15))
    assert (found["status"], found["records"]) == (status, records)
    assert (found["then_id"], found["current_id"]) == (then_id, current_id)
    assert id_ in sentence(found)


def test_ids_absorbed_since_were_others_then(generation: Generation) -> None:
    assert then(generation, "P-old", date(2026, 2, 15))["apart_then"] == ["P-young"]
    assert then(generation, "P-old", date(2026, 1, 15))["apart_then"] == []
    assert then(generation, "P-old", date(2026, 3, 15))["apart_then"] == []
    with pytest.raises(NotFoundError, match="never issued"):
        then(generation, "P-never", date(2026, 1, 1))


def test_the_command_tells_it(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def run(*arguments: str) -> str:
        with pytest.raises(SystemExit):
            main(["profile", "history", *arguments, "--workspace", str(place)])
        said = capsys.readouterr()
        return said.out + said.err

    assert "merged into P-old, 0 records: because" in run("P-young")
    assert "it led to P-old" in run("P-young", "--on", "2026-03-15")
    assert '"status": "live"' in run("P-young", "--on", "2026-02-15", "--json")
    assert "never issued" in run("P-never")
