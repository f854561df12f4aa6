"""Every table: grain, key, and one description per column.

The store creates tables from here, analysts read the descriptions as comments, the docs are
written from them, and erasure walks them: a table that is not here does not exist.
"""

from cdp.model.tables.activation import ACTIVATION
from cdp.model.tables.bronze import BRONZE
from cdp.model.tables.declare import Column, Table
from cdp.model.tables.gold import GOLD
from cdp.model.tables.gold_analyses import GOLD_ANALYSES
from cdp.model.tables.gold_events import GOLD_EVENTS
from cdp.model.tables.gold_overviews import GOLD_OVERVIEWS
from cdp.model.tables.gold_scores import GOLD_SCORES
from cdp.model.tables.identity import IDENTITY
from cdp.model.tables.ops import OPS
from cdp.model.tables.quality import QUALITY
from cdp.model.tables.review import REVIEW
from cdp.model.tables.silver import SILVER
from cdp.model.tables.silver_events import SILVER_EVENTS

TABLES: tuple[Table, ...] = (
    *BRONZE,
    *QUALITY,
    *SILVER,
    *SILVER_EVENTS,
    *IDENTITY,
    *REVIEW,
    *GOLD,
    *GOLD_SCORES,
    *GOLD_ANALYSES,
    *GOLD_EVENTS,
    *GOLD_OVERVIEWS,
    *ACTIVATION,
    *OPS,
)
BY_NAME: dict[str, Table] = {table.name: table for table in TABLES}

__all__ = ["BY_NAME", "TABLES", "Column", "Table"]
