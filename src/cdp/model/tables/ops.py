"""Operations: what ran, when, and what it did."""

from cdp.model.tables.declare import table

OPS = (
    table(
        "ops.run",
        "one run of the pipeline",
        "run_id",
        """
run_id      bigint     number of the run, from 1
as_of       timestamp  the moment it looked from (UTC)
started_at  timestamp  when it began (UTC)
finished_at timestamp? when it ended (UTC); null: it did not
outcome     varchar    running, published, unchanged, failed or erased (an erasure; the next run makes all anew)
generation  bigint?    generation it published
message     varchar?   why it failed
""",
    ),
    table(
        "ops.stage_run",
        "one stage of one run",
        "run_id stage",
        """
run_id      bigint    run
stage       varchar   stage
fingerprint varchar   hash of rules, inputs and moment; the same again means nothing to do
skipped     boolean   true: nothing had changed since its last run
seconds     double    how long it took
counts      json      rows by name
notes       varchar[] sentences for people
""",
    ),
    table(
        "ops.stage_delta",
        "one stage of one run that worked on what was touched alone",
        "run_id stage",
        """
run_id bigint  run
stage  varchar stage
since  bigint  run in which it had last finished
""",
    ),
    table(
        "ops.touched",
        "one key that a stage touched in a run on a delta, until every later stage has seen it",
        "run_id stage kind key",
        """
run_id bigint  run
stage  varchar stage
kind   varchar record_id, profile_id or account_id
key    varchar the key
""",
        subject="key",
    ),
    table(
        "ops.table_version",
        "one table and the run that last changed it",
        "table_name",
        """
table_name varchar schema.table
version    bigint  run that last changed it
""",
    ),
    table(
        "ops.migration",
        "one migration that this workspace has had",
        "version",
        """
version    integer   number of the migration
applied_at timestamp when (UTC)
""",
    ),
)
