"""Bronze: what arrived, exactly as it arrived. Append-only, primary data."""

from cdp.model.tables.declare import table

BRONZE = (
    table(
        "bronze.record",
        "one version of one source object, as received",
        "seq",
        """
seq          bigint     order of arrival over all loads, from 1
source       varchar    source instance, as registered in the workspace
object       varchar    the source's own name of the object (entity set, file, event stream)
native_id    varchar    the source's own key of the object
record_id    varchar    `source:native_id`, the key that records are partitioned by
changed_at   timestamp? when the source says that it last changed (UTC)
received_at  timestamp  when the platform received it (UTC)
load_id      bigint     load that brought it
locator      varchar    where in the delivery it stood (`file:line` or `file#index`)
content_hash varchar    SHA-256 of the payload with sorted keys
payload      json       the payload with the source's own field names
is_deleted   boolean?   the source says that the object is gone; null: it is there
""",
        subject="native_id",
    ),
    table(
        "bronze.rejected",
        "one piece of a delivery that could not be read as a record",
        "load_id source object locator",
        """
load_id     bigint    load that brought it
source      varchar   source instance
object      varchar   object it was read as
locator     varchar   where in the delivery it stood
reason      varchar   machine-readable reason
message     varchar   what was wrong, for people
original    varchar?  the text as received, cut at 10,000 characters
received_at timestamp when the platform received it (UTC)
""",
        subject="original",
    ),
    table(
        "bronze.load",
        "one arrival of one object from one source; rows_in = rows_new + rows_repeated + rows_rejected + rows_erased",
        "load_id object",
        """
load_id       bigint    number of the load, from 1
source        varchar   source instance
object        varchar   object that was read
run_id        bigint    run that carried it out
received_at   timestamp when it was received (UTC)
rows_in       bigint    rows the delivery held
rows_new      bigint    rows landed in bronze.record
rows_repeated bigint    rows that were already there, byte for byte
rows_rejected bigint    rows landed in bronze.rejected
rows_duplicate bigint?  of the repeated, those that the delivery itself held before; null: not counted then
rows_erased   bigint?   rows that speak of somebody who was erased; they were not landed
""",
    ),
    table(
        "bronze.cursor",
        "one position up to which one object of one source was read",
        "source object position_of",
        """
source      varchar source instance
object      varchar object that was read
position_of varchar what the position is of (a file's name, or `api`)
position    varchar where the next load starts (a file's SHA-256, a timestamp, a token)
""",
    ),
)
