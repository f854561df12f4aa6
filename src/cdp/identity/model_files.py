"""The frozen model as files: one readable JSON, and one Parquet file per table of frequencies.

Invariant: what is read decides exactly as what was written. Floats are kept to the last bit;
values of the data appear as keyed hashes only, and the key is not among the files.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import polars as pl

from cdp.errors import StateError
from cdp.identity.artefact import Model, PartModel
from cdp.identity.blocking import BlockingPlan, Rule
from cdp.identity.comparisons import Comparison, Level
from cdp.identity.components import MAX_COMPONENT
from cdp.identity.frequencies import TermTable
from cdp.identity.latent import Latent
from cdp.identity.laws import Law
from cdp.identity.traits import Traits

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from cdp.identity.artefact import PartyType

FILE: Final = "model.json"
FORMAT: Final = 1


def write_model(model: Model, folder: Path) -> None:
    """Write the model into an existing folder, without its key."""
    parts = {kind: _plain(part) for kind, part in sorted(model.parts.items())}
    laws = [asdict(law) for law in model.laws]
    document = {"format": FORMAT, "data_hash": model.data_hash, "laws": laws, "parts": parts}
    text = json.dumps(document, indent=1, sort_keys=True, default=np.ndarray.tolist)
    (folder / FILE).write_text(text + "\n", encoding="utf-8")
    for kind, part in model.parts.items():
        for name, table in part.terms.items():
            table.frequency.write_parquet(_terms_path(folder, kind, name))


def read_model(folder: Path, key: bytes) -> Model:
    """Return the model of a folder, with the key its hashes were made with.

    Raises:
        StateError: the folder holds no model that this version can read.
    """
    try:
        document = json.loads((folder / FILE).read_text(encoding="utf-8"))
        if document["format"] != FORMAT:
            msg = f"format {document['format']}, here {FORMAT}"
            raise ValueError(msg)  # noqa: TRY301 - one message for every kind of damage
        parts = {kind: _part(folder, kind, content) for kind, content in document["parts"].items()}
        laws = tuple(Law(**law) for law in document.get("laws", ()))
    except (OSError, ValueError, KeyError, TypeError, pl.exceptions.PolarsError) as error:
        msg = (
            f"the identity model in {folder} cannot be read ({error}); restore it from a backup, "
            "or train a new one"
        )
        raise StateError(msg) from error
    return Model(parts=parts, key=key, data_hash=document["data_hash"], laws=laws)


def _plain(part: PartModel) -> dict[str, Any]:
    return {
        "records": part.records,
        "latent": asdict(part.latent),
        "traits": asdict(part.traits),
        "plan": asdict(part.plan),
        "component_limit": part.component_limit,
        "spread": part.spread,
        "terms": {name: table.mean_share for name, table in sorted(part.terms.items())},
    }


def _part(folder: Path, kind: PartyType, content: Mapping[str, Any]) -> PartModel:
    terms = {
        name: TermTable(pl.read_parquet(_terms_path(folder, kind, name)), mean_share)
        for name, mean_share in content["terms"].items()
    }
    return PartModel(
        records=content["records"],
        latent=_latent(content["latent"]),
        traits=_traits(content["traits"]),
        plan=_plan(content["plan"]),
        terms=terms,
        component_limit=content.get("component_limit", MAX_COMPONENT),
        spread=tuple(content.get("spread", ())),
    )


def _latent(content: dict[str, Any]) -> Latent:
    arrays = {name: tuple(np.asarray(row) for row in content[name]) for name in ("m", "u", "a")}
    revived = {
        **arrays,
        "comparisons": tuple(_comparison(c) for c in content["comparisons"]),
        "classes": tuple(tuple(evidence) for evidence in content["classes"]),
        "sizes": np.asarray(content["sizes"]),
    }
    return Latent(**{**content, **revived})


def _comparison(content: dict[str, Any]) -> Comparison:
    return Comparison(**{**content, "levels": tuple(Level(**c) for c in content["levels"])})


def _traits(content: dict[str, Any]) -> Traits:
    revived = {
        "day_first": tuple(content["day_first"]),
        "identifiers": tuple(content.get("identifiers", ())),
        "placeholders": {name: tuple(found) for name, found in content["placeholders"].items()},
    }
    return Traits(**{**content, **revived})


def _plan(content: dict[str, Any]) -> BlockingPlan:
    rules = tuple(Rule(**{**c, "columns": tuple(c["columns"])}) for c in content["rules"])
    return BlockingPlan(**{**content, "rules": rules})


def _terms_path(folder: Path, kind: str, name: str) -> Path:
    return folder / f"terms-{kind}-{name}.parquet"
