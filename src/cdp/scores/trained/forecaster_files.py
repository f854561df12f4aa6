"""A trained forecast as facts and arrays, and back.

Invariant: what is read forecasts to the last bit as what was written; its arrays are checked
before they are walked.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from cdp.errors import StateError
from cdp.scores.predict.basket import Basket
from cdp.scores.predict.ensemble import Ensemble
from cdp.scores.predict.forecast import Forecaster
from cdp.scores.predict.mbg import Rhythm
from cdp.scores.predict.naive import Table
from cdp.scores.predict.snapshot import Common
from cdp.scores.predict.trees import ModelFileError, Trees, checked

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from cdp.scores.trained.artefact import Artefact

_TREES: Final = ("buy", "count", "spend")
_TABLE: Final = ("edges", "bought", "count")


def plain(forecaster: Forecaster) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """Return the facts of a forecast, and its arrays by `part.name`."""
    model = forecaster.model
    facts = {
        "until": forecaster.until,
        "horizon": forecaster.horizon,
        "length": forecaster.length,
        "cuts": list(forecaster.cuts),
        "rows": forecaster.rows,
        "has_spend": forecaster.has_spend,
        "seed": forecaster.seed,
        "rhythm": asdict(forecaster.rhythm),
        "basket": asdict(forecaster.basket),
        "common": asdict(forecaster.common),
        "names": list(model.names),
        "scale": model.scale,
        "base": model.naive.base,
        "level": model.naive.level,
    }
    arrays = {f"table.{name}": np.asarray(getattr(model.naive, name)) for name in _TABLE}
    for part in _TREES:
        trees: Trees | None = getattr(model, part)
        if trees is not None:
            arrays |= {f"{part}.{name}": array for name, array in trees.arrays().items()}
    return facts, arrays


def revived(artefact: Artefact) -> Forecaster:
    """Return the forecast of a model.

    Raises:
        StateError: the model's files hold something else.
    """
    facts: Mapping[str, Any] = artefact.facts["forecaster"]
    try:
        trees = {part: _trees(artefact, part) for part in _TREES}
        naive = Table(**artefact.part("table"), base=facts["base"], level=facts["level"])
        return Forecaster(
            until=facts["until"],
            horizon=facts["horizon"],
            length=facts["length"],
            cuts=tuple(facts["cuts"]),
            rows=facts["rows"],
            has_spend=facts["has_spend"],
            model=Ensemble(names=tuple(facts["names"]), scale=facts["scale"], naive=naive, **trees),
            rhythm=Rhythm(**facts["rhythm"]),
            basket=Basket(**facts["basket"]),
            common=Common(**facts["common"]),
            seed=facts["seed"],
        )
    except (ModelFileError, KeyError, TypeError) as error:
        msg = f"model {artefact.version} is damaged ({error}); train it anew, or roll back"
        raise StateError(msg) from error


def _trees(artefact: Artefact, part: str) -> Trees | None:
    arrays = artefact.part(part)
    return checked(arrays) if arrays else None
