"""The model on disk: JSON and Parquet, a Splink settings file for its charts, a card for people.

Invariant: a loaded model decides exactly as the saved one; no value of a record is readable in it
(frequencies and placeholders are keyed hashes, the key stays with the workspace).
"""

from __future__ import annotations

import json
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, Final, cast

import numpy as np
import polars as pl

from cdp.errors import InputError
from cdp.identity.artefact import Model, PartModel
from cdp.identity.blocking import BlockingPlan, Rule
from cdp.identity.card import card
from cdp.identity.comparisons import Comparison, Level
from cdp.identity.frequencies import TermTable
from cdp.identity.latent import Latent
from cdp.identity.traits import Traits, keyed_hashes
from cdp.identity.vectors import splink_comparison, splink_settings

if TYPE_CHECKING:
    from pathlib import Path

    from cdp.identity.artefact import PartyType

FORMAT: Final = 1
MODEL: Final = "model.json"
PARTIES: Final[tuple[PartyType, ...]] = ("person", "organisation")
LIBRARIES: Final = ("cdp", "splink", "duckdb", "polars", "numpy")


class ArtefactError(InputError):
    """A folder does not hold a model this version can read with this key."""


def save(model: Model, folder: Path) -> None:
    """Write the model to the folder: model.json, terms-*.parquet, splink-*.json, card.md."""
    folder.mkdir(parents=True, exist_ok=True)
    document = {
        "format": FORMAT,
        "versions": {name: version(name) for name in LIBRARIES},
        "data_hash": model.data_hash,
        "key_check": _key_check(model.key),
        "parts": {kind: _part_document(part) for kind, part in model.parts.items()},
    }
    for kind, part in model.parts.items():
        _term_frame(part).write_parquet(folder / f"terms-{kind}.parquet")
        settings = _json(splink_dictionary(part))
        (folder / f"splink-{kind}.json").write_text(settings, encoding="utf-8")
    (folder / "card.md").write_text(card(model), encoding="utf-8")
    (folder / MODEL).write_text(_json(document), encoding="utf-8")


def load(folder: Path, key: bytes = b"") -> Model:
    """Return the model saved in the folder.

    Raises:
        ArtefactError: there is none, it is damaged, of another format, or of another key.
    """
    try:
        document = json.loads((folder / MODEL).read_text(encoding="utf-8"))
        if document["format"] != FORMAT:
            msg = f"{folder}: model format {document['format']}, this version reads {FORMAT}"
            raise ArtefactError(msg + "; train a new model")
        if document["key_check"] != _key_check(key):
            msg = f"{folder}: the model was made with another key; use its workspace's key"
            raise ArtefactError(msg)
        parts = {
            kind: _part(document["parts"][kind], pl.read_parquet(folder / f"terms-{kind}.parquet"))
            for kind in PARTIES
            if kind in document["parts"]
        }
    except (OSError, KeyError, ValueError, TypeError, pl.exceptions.PolarsError) as error:
        msg = f"{folder}: holds no readable identity model ({error}); train a new one"
        raise ArtefactError(msg) from error
    return Model(parts, key, document["data_hash"])


def splink_dictionary(part: PartModel) -> dict[str, Any]:
    """Return the part as Splink settings with m and u, for its waterfall charts."""
    latent = part.latent
    comparisons = [
        splink_comparison(comparison, m, u)
        for comparison, m, u in zip(latent.comparisons, latent.m, latent.u, strict=True)
    ]
    prior = float(np.clip(latent.sizes[0] / latent.all_pairs, 1e-12, 0.99))
    settings = splink_settings(comparisons, prior).create_settings_dict("duckdb")
    return cast("dict[str, Any]", settings)


def _json(document: dict[str, Any]) -> str:
    return json.dumps(document, indent=1, sort_keys=True) + "\n"


def _key_check(key: bytes) -> str:
    return f"{keyed_hashes(pl.Series(['cdp identity model']), key)[0]:016x}"


def _part_document(part: PartModel) -> dict[str, Any]:
    latent, traits = part.latent, part.traits
    return {
        "records": part.records,
        "comparisons": [
            {
                "name": comparison.name,
                "is_null": comparison.is_null,
                "levels": [[lv.label, lv.sql, lv.frequency] for lv in comparison.levels],
                "m": m.tolist(),
                "u": u.tolist(),
                "a": a.tolist(),
            }
            for comparison, m, u, a in zip(
                latent.comparisons, latent.m, latent.u, latent.a, strict=True
            )
        ],
        "classes": [list(evidence) for evidence in latent.classes],
        "sizes": latent.sizes.tolist(),
        "all_pairs": latent.all_pairs,
        "traits": {
            "year_only": traits.year_only,
            "day_first": list(traits.day_first),
            "extras": dict(traits.extras),
            "placeholders": {name: list(found) for name, found in traits.placeholders.items()},
        },
        "blocking": {
            "block_cap": part.plan.block_cap,
            "rules": [[list(rule.columns), rule.pairs] for rule in part.plan.rules],
        },
        "mean_shares": {name: table.mean_share for name, table in part.terms.items()},
    }


def _term_frame(part: PartModel) -> pl.DataFrame:
    schema = {"column": pl.String(), "value": pl.UInt64(), "share": pl.Float64()}
    frames = [
        table.frequency.select(column=pl.lit(name), value="value", share="share")
        for name, table in sorted(part.terms.items())
    ]
    return pl.concat([pl.DataFrame(schema=schema), *frames])


def _part(document: dict[str, Any], terms: pl.DataFrame) -> PartModel:
    compared = document["comparisons"]
    traits = document["traits"]
    comparisons = tuple(
        Comparison(c["name"], c["is_null"], tuple(Level(*level) for level in c["levels"]))
        for c in compared
    )
    latent = Latent(
        comparisons=comparisons,
        m=tuple(np.array(c["m"]) for c in compared),
        u=tuple(np.array(c["u"]) for c in compared),
        a=tuple(np.array(c["a"]) for c in compared),
        classes=tuple(tuple(evidence) for evidence in document["classes"]),
        sizes=np.array(document["sizes"]),
        all_pairs=document["all_pairs"],
    )
    rules = tuple(Rule(tuple(columns), pairs) for columns, pairs in document["blocking"]["rules"])
    return PartModel(
        records=document["records"],
        latent=latent,
        traits=Traits(
            year_only=traits["year_only"],
            day_first=tuple(traits["day_first"]),
            extras=traits["extras"],
            placeholders={name: tuple(found) for name, found in traits["placeholders"].items()},
        ),
        plan=BlockingPlan(rules, document["blocking"]["block_cap"]),
        terms={
            name: TermTable(
                terms.filter(pl.col("column") == name).select("value", "share"), mean_share
            )
            for name, mean_share in document["mean_shares"].items()
        },
    )
