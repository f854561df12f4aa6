"""The scores of a workspace with their models, as people and programs are told.

Invariant: what the last published run found (drift) and what lies on disk (versions) are told side
by side; nothing is trained, nothing is changed.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Final

from cdp.errors import UnknownNameError
from cdp.scores.definition import SCORES
from cdp.scores.trained import outcomes
from cdp.scores.trained.definition import PredictiveScore
from cdp.scores.trained.purchases import moment_of
from cdp.scores.trained.versions import Versions
from cdp.store import goldfile, manifest

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from pathlib import Path

    from cdp.scores.method import ScoreDefinition
    from cdp.scores.trained.artefact import Artefact
    from cdp.settings import Workspace

    Told = dict[str, Any]

_WATCHED: Final = ("drift", "drift_of", "drift_limit", "scored")
_HELD: Final = (
    "select count(*) from duckdb_views() where schema_name = 'gold' and view_name = $name"
)
_DRIFT: Final = """
select score, model_version, drift, drift_of, drift_limit, scored
from gold.score_models
"""


def listing(workspace: Workspace, now: datetime) -> list[Told]:
    """Return every declared score by name, with its model where it has one.

    Raises:
        ConfigError: a definition does not validate.
        StateError: the files of a model are damaged.
    """
    watched = _watched(workspace.home)
    return [
        _told(workspace.home, name, file.root, watched.get(name, {}), now)
        for name, file in workspace.many(SCORES).items()
    ]


def one(workspace: Workspace, name: str, now: datetime, version: str | None = None) -> Told:
    """Return a score with all facts of its model: by default of the version that counts.

    Raises:
        UnknownNameError: there is no such score, or no such version.
    """
    declared = {n: file.root for n, file in workspace.many(SCORES).items()}
    if name not in declared:
        kind = "score"
        raise UnknownNameError(kind, name, sorted(declared))
    told = _told(workspace.home, name, declared[name], _watched(workspace.home).get(name, {}), now)
    model = Versions(workspace.home, name).load(version) if told["model"] else None
    return told | {"card": None if model is None else model.facts}


def _told(
    home: Path, name: str, definition: ScoreDefinition, watched: Mapping[str, Any], now: datetime
) -> Told:
    found: Told = {
        "score": name,
        "method": definition.method,
        "description": definition.description,
        "of": list(definition.of),
        "version": definition.version(),
        "is_predicted": isinstance(definition, PredictiveScore),
        "model": None,
    }
    if found["is_predicted"]:
        found["model"] = _model(Versions(home, name), watched, now)
    return found


def _model(versions: Versions, watched: Mapping[str, Any], now: datetime) -> Told | None:
    pointer, model = versions.pointer(), versions.load()
    if pointer is None or model is None:
        return None
    facts = model.facts
    is_seen = watched.get("model_version") == model.version
    return {
        "model_version": model.version,
        "status": facts["status"],
        "reasons": facts["reasons"],
        "marks": facts["marks"],
        "horizon_days": facts["horizon_days"],
        "trained_at": facts["trained_at"],
        "expires_at": facts["expires_at"],
        "age_days": max(0, (now - moment_of(facts["trained_at"])).days),
        "customers": facts["counts"]["customers"],
        "is_pinned": pointer.is_pinned,
        **{key: watched[key] if is_seen else None for key in _WATCHED},
        "outcomes": [asdict(one) for one in outcomes.read(versions.folder)],
        "versions": [_version(versions.load(name), model.version) for name in pointer.trained],
    }


def _version(model: Artefact | None, current: str) -> Told:
    """Return what versions are compared by."""
    assert model is not None  # noqa: S101 - the pointer names it
    facts = model.facts
    tested = facts.get("backtest") or {}
    return {
        "model_version": model.version,
        "is_current": model.version == current,
        "trained_at": facts["trained_at"],
        "status": facts["status"],
        "customers": facts["counts"]["customers"],
        **{key: tested.get(key) for key in ("gain", "gain_low", "gain_high", "slope")},
    }


def _watched(home: Path) -> dict[str, Told]:
    """Return what the published run found of each model; nothing where none is published."""
    published = manifest.current(home)
    if published is None:
        return {}
    with goldfile.reading(published.path(home, "gold")) as connection:
        is_there = connection.execute(_HELD, {"name": "score_models"}).fetchall()[0][0]
        rows = connection.sql(_DRIFT).pl().to_dicts() if is_there else []
    return {row["score"]: row for row in rows}
