"""The gold layer as Parquet: every analysts' view of one generation, with a manifest.

Invariant: the folder of a generation is whole or not there; it is made beside and renamed.
"""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sqlglot import exp

from cdp.activation.demand import published
from cdp.activation.files import force, summed
from cdp.activation.manifest import SUFFIX
from cdp.errors import InputError
from cdp.model.views import NAMES_VERSION, VIEWS

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from cdp.activation.export import Stamp
    from cdp.model.views import View
    from cdp.settings import Workspace
    from cdp.store import Warehouse

_KIND: Final = "gold"


@dataclass(frozen=True, slots=True)
class Made:
    """A folder of Parquet files, one a view; their rows by view, and their bytes together."""

    folder: Path
    rows: Mapping[str, int]
    size: int


def write(workspace: Workspace, into: Path) -> Made:
    """Write every view into `into/generation-N`, replacing what an export before left there.

    Raises:
        StateError: nothing is published.
        InputError: the folder cannot be written to.
    """
    with published(workspace) as (data, stamp):
        folder = into / f"generation-{stamp.generation}"
        draft = into / f".{folder.name}.tmp"
        try:
            shutil.rmtree(draft, ignore_errors=True)
            draft.mkdir(parents=True)
            files = [_written(data, view, draft) for view in VIEWS]
            text = json.dumps(_document(stamp, files), indent=2) + "\n"
            (draft / f"{_KIND}{SUFFIX}").write_text(text, "utf-8")
            _rename(draft, folder)
        except OSError as error:
            msg = f"{folder} cannot be written: {error.strerror or error}; nothing was exported"
            raise InputError(msg) from error
        finally:
            shutil.rmtree(draft, ignore_errors=True)
    rows = {str(file["view"]): int(str(file["rows"])) for file in files}
    return Made(folder, rows, sum(int(str(file["bytes"])) for file in files))


def _written(data: Warehouse, view: View, folder: Path) -> dict[str, object]:
    name = view.name.removeprefix("gold.")
    path = folder / f"{name}.parquet"
    columns = [exp.column(column.name, quoted=True) for column in view.columns]
    query = exp.select(*columns).from_(exp.table_(name, db="gold", quoted=True)).sql("duckdb")
    data.connection.sql(query).write_parquet(str(path), compression="zstd")
    rows = data.query(f"select count(*) as n from ({query})").item()  # noqa: S608 - sqlglot's
    sum_ = summed(path)
    force(path)
    return {
        "name": path.name,
        "view": view.name,
        "rows": rows,
        "bytes": sum_.size,
        "sha256": sum_.sha256,
    }


def _document(stamp: Stamp, files: list[dict[str, object]]) -> dict[str, object]:
    return {
        "format": 2,
        "kind": _KIND,
        "names_version": NAMES_VERSION,
        "run_id": stamp.run_id,
        "generation": stamp.generation,
        "as_of": stamp.as_of.isoformat(),
        "rows": sum(int(str(file["rows"])) for file in files),
        "files": files,
    }


def _rename(draft: Path, folder: Path) -> None:
    """Give the draft its name; what had it before is gone a moment earlier."""
    old = folder.with_name(f".{folder.name}.old.tmp")
    shutil.rmtree(old, ignore_errors=True)
    if folder.exists():
        folder.replace(old)
    draft.replace(folder)
    force(folder.parent)
    shutil.rmtree(old, ignore_errors=True)
