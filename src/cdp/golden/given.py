"""Permissions that were given here, read from the state file as one more source of statements."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from cdp.store.state import State
from cdp.store.state_consents import Consents

if TYPE_CHECKING:
    from pathlib import Path

SOURCE = "cdp"
_SCHEMA = pl.Schema(
    {
        "consent_id": pl.String(),
        "record_id": pl.String(),
        "source": pl.String(),
        "contact_kind": pl.String(),
        "contact_value": pl.String(),
        "channel": pl.String(),
        "purpose": pl.String(),
        "category": pl.String(),
        "state": pl.String(),
        "given_at": pl.Datetime("us"),
        "provable": pl.Boolean(),
        "proof": pl.String(),
    }
)


def statements(home: Path) -> pl.DataFrame:
    """Return every statement of the state file, in the columns of silver.consent."""
    with State.open(home) as state:
        given = Consents(state).every()
    rows = [
        (
            f"{SOURCE}:{number}",
            consent.record_id,
            SOURCE,
            consent.contact_kind,
            consent.contact_value,
            consent.channel,
            consent.purpose,
            consent.category,
            consent.state,
            consent.given_at.replace(tzinfo=None),
            consent.proof is not None,
            consent.proof,
        )
        for number, consent in given
    ]
    return pl.DataFrame(rows, schema=_SCHEMA, orient="row")
