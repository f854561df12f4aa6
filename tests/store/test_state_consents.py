"""Permissions given here are kept as they were said, and moved into the next run."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from cdp.errors import InputError
from cdp.store.state import State
from cdp.store.state_consents import Consent, Consents
from golden_rows import empty, person, refine, rows

NOW = datetime(2026, 1, 5, tzinfo=UTC)
OPT_IN = Consent(
    "email", "email", "granted", NOW, "preference page", contact_value="ann@x.example", proof="form"
)


def test_a_statement_is_kept_in_order_and_moves_the_topic(tmp_path: Path) -> None:
    later = replace(OPT_IN, state="denied", record_id="crm:1", contact_value=None, proof=None)
    with State.open(tmp_path) as state:
        consents = Consents(state)
        assert [consents.add(OPT_IN), consents.add(later)] == [1, 2]
        assert consents.every() == [(1, OPT_IN), (2, later)]
        assert state.version("consent") == 2
        assert state.version("decision") == 0


def test_what_reaches_nobody_is_refused(tmp_path: Path) -> None:
    with State.open(tmp_path) as state:
        consents = Consents(state)
        with pytest.raises(InputError, match="needs a source record"):
            consents.add(replace(OPT_IN, contact_value=None))
        with pytest.raises(InputError, match="sms does not reach"):
            consents.add(replace(OPT_IN, channel="sms"))
        assert consents.every() == []


CASES = {
    "an opt-in for the contact point": ([OPT_IN], "granted"),
    "a refusal by the person": (
        [replace(OPT_IN, state="denied", record_id="crm:1", contact_value=None)],
        "denied",
    ),
    "a refusal, then a proven opt-in": (
        [
            replace(OPT_IN, state="denied", given_at=NOW.replace(day=2)),
            replace(OPT_IN, record_id="crm:1"),
        ],
        "granted",
    ),
    "of somebody unknown": ([replace(OPT_IN, contact_value="bob@x.example")], None),
}


@pytest.mark.parametrize("case", CASES)
def test_golden_hears_what_was_said_here(case: str, tmp_path: Path) -> None:
    said, expected = CASES[case]
    with State.open(tmp_path / ".cdp") as state:
        for consent in said:
            Consents(state).add(consent)
    with empty() as warehouse:
        person(warehouse, "crm:1", "P-1", {"email": "ann@x.example"})
        refine(warehouse, tmp_path)
        found = rows(warehouse, "gold.consent", "contact_value", "state", "source")
    held = [row[1:] for row in found if row[0] == "ann@x.example"]
    assert held == ([(expected, "cdp")] if expected else [])
