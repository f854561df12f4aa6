"""Quality: what rules say of the records that arrived, what people corrected, how sources drift."""

from cdp.model.tables.declare import table

QUALITY = (
    table(
        "quality.correction",
        "one version that runs read with corrections over it; bronze keeps it as it came",
        "seq",
        """
seq         bigint   version, as in bronze.record
source      varchar  source instance
object      varchar  the source's own name of the object
native_id   varchar  the source's own key
payload     json     the payload with the corrections
corrections bigint[] numbers of the corrections that made it
""",
        subject="native_id",
    ),
    table(
        "quality.failure",
        "one rule that one version does not keep",
        "seq rule",
        """
seq       bigint   version, as in bronze.record
rule      varchar  name of the rule: field and what is asked of it
source    varchar  source instance
object    varchar  the source's own name of the object
native_id varchar  the source's own key
field     varchar? field at fault; null where several are
severity  varchar  warn or quarantine
place     integer  place of the rule in its file
message   varchar  what was expected, for people
original  varchar? the value at fault
""",
        subject="native_id",
    ),
    table(
        "quality.refusal",
        "one version that rules or people keep out of silver",
        "seq",
        """
seq       bigint   version, as in bronze.record
source    varchar  source instance
object    varchar  the source's own name of the object
native_id varchar  the source's own key
reason    varchar  the rule that it does not keep, or `dropped`
field     varchar? field at fault
message   varchar  what was expected, for people
original  varchar? the value at fault
""",
        subject="native_id",
    ),
    table(
        "quality.result",
        "one rule over the records of one object, as one run left them",
        "run_id source object rule",
        """
run_id   bigint    run
source   varchar   source instance
object   varchar   the source's own name of the object
rule     varchar   name of the rule
field    varchar?  field that it is about; null where it is about several, or the whole object
severity varchar   warn or quarantine
checked  bigint    records that the source has now
failed   bigint    of them, those that do not keep the rule
examples varchar[] up to five of their keys
message  varchar   what is expected, for people
""",
        subject="examples",
    ),
    table(
        "quality.extent",
        "how much one object of one source held after one run",
        "run_id source object",
        """
run_id     bigint    run
source     varchar   source instance
object     varchar   the source's own name of the object
held       bigint    records that the source has now
changed_at timestamp when the newest of them changed, else arrived (UTC)
""",
    ),
    table(
        "quality.field",
        "one type of one field that records of one object had",
        "source object field type",
        """
source        varchar   source instance
object        varchar   the source's own name of the object
field         varchar   its name, with dots where it stands in another one
type          varchar   text, number, boolean, object, list or null
records       bigint    versions that had it so
first_seen_at timestamp when the first of them arrived (UTC)
first_run     bigint    run that landed it
last_seen_at  timestamp when the last of them arrived (UTC)
last_run      bigint    run that landed it
last_load     bigint    load that brought the last of them
""",
    ),
    table(
        "quality.drift",
        "one change of the fields of one object, as long as it lasts",
        "source object field kind",
        """
source     varchar   source instance
object     varchar   the source's own name of the object
field      varchar   its name, with dots where it stands in another one
kind       varchar   appeared, vanished or changed_type
detail     varchar   what it was and what it is
since_at   timestamp first seen so, or last seen at all (UTC)
since_run  bigint    run that landed what showed it
""",
    ),
    table(
        "quality.quarantined",
        "one record, or one piece of a delivery, that waits in quarantine",
        "quarantine_id",
        """
quarantine_id varchar   as in silver.quarantine
record_id     varchar?  `source:native id`; null: no key could be read, so it cannot be repaired
source        varchar   source instance
object        varchar   the source's own name of the object
native_id     varchar?  the source's own key
seq           bigint?   version, as in bronze.record
reason        varchar   machine-readable reason
field         varchar?  field at fault
message       varchar   what was wrong, for people
original      varchar?  the value or text as received
rules         varchar[] every rule of quarantine that it does not keep, by name
payload       json?     the record as it came
locator       varchar   where in the delivery it stood
received_at   timestamp when it arrived (UTC)
""",
        subject="native_id",
    ),
)
