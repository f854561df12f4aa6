"""The rows that a resource yields, whatever dlt lets it yield, and the state that it keeps."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa
from pydantic import BaseModel

from cdp.sources.remote.values import Layout

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dlt.extract import DltResource

    from cdp.sources.remote.dlt.options import RowOptions

_ARROW_ROWS: Final = 10_000
_MARKED: Final = "DataItemWithMeta"  # what dlt.mark makes of an item


def items(resource: DltResource, state: dict[str, Any]) -> Iterator[object]:
    """Yield what a resource yields; it reads its state from `state` and writes it there.

    Nothing of it runs before the first item is asked for.
    """
    from dlt.common.configuration.container import Container  # noqa: PLC0415 - see __init__
    from dlt.common.pipeline import StateInjectableContext  # noqa: PLC0415

    with Container().injectable_context(StateInjectableContext(state=state)):  # type: ignore[arg-type] # a state begins empty
        found = iter(resource)
    for item in found:
        yield from flat(item)


def flat(item: object) -> Iterator[object]:
    """Yield the rows of an item as dicts; what is no row comes out as it is."""
    found = getattr(item, "data") if type(item).__name__ == _MARKED else item  # noqa: B009
    if isinstance(found, list | tuple):
        for each in found:
            yield from flat(each)
    elif hasattr(found, "__arrow_c_stream__") or isinstance(found, pa.RecordBatch):
        for batch in pa.table(found).to_batches(_ARROW_ROWS):
            yield from batch.to_pylist()
    else:
        yield _row(found)


def _row(item: object) -> object:
    """Return a row as a dict, what is none as it is."""
    if isinstance(item, BaseModel):
        return item.model_dump()
    return dict(item) if isinstance(item, Mapping) and not isinstance(item, dict) else item


def layout(resource: DltResource, options: RowOptions) -> Layout:
    """Return key, time of change and mark of deletion: as declared, else as the resource hints."""
    columns = _columns(resource)
    hinted = tuple(name for name, hints in columns.items() if hints.get("primary_key"))
    marks = [name for name, hints in columns.items() if hints.get("hard_delete")]
    deleted = options.deleted or (marks[0] if marks else None)
    return Layout(options.keys or hinted, options.changed, deleted)


def is_complete(resource: DltResource, options: RowOptions) -> bool:
    """Return whether each run yields everything there is."""
    if options.complete is not None:
        return options.complete
    found = resource.incremental
    # One that may be handed in is wrapped, and there is nothing inside when it was not.
    has_cursor = found is not None and getattr(found, "incremental", True) is not None
    return resource.write_disposition == "replace" and not has_cursor


def _columns(resource: DltResource) -> Mapping[str, Mapping[str, Any]]:
    from dlt.extract.exceptions import DataItemRequiredForDynamicTableHints  # noqa: PLC0415

    try:
        return resource.compute_table_schema().get("columns", {})
    except DataItemRequiredForDynamicTableHints:
        return {}
