"""Identity: who is who. Records are never rewritten; ids are joined on read."""

from cdp.model.tables.declare import table

IDENTITY = (
    table(
        "identity.edge",
        "one scored pair of records",
        "record_l record_r",
        """
record_l       varchar  the smaller record_id
record_r       varchar  the larger record_id
entity_type    varchar  person or organisation
match_weight   double   log2 odds that both are one, against every innocent explanation
probability    double   the same as a probability
weights        json     match weight by comparison: [{comparison, level, weight}]
innocent       varchar? strongest innocent explanation (household, namesake, ...)
innocent_share double?  its share among all explanations, 0 to 1
pooled_weight  double?  log2 odds of what the clusters of both say together: when they were joined, or where they stayed apart; null across components and where a decision or a limit decided
decided        boolean  whether both ended in one cluster
decided_by     varchar  model, must_link, cannot_link, related (a source relates the two, so they are two) or visitor
model_version  varchar  artefact that scored it
""",
        subject="record_l",
    ),
    table(
        "identity.blocked_value",
        "one identifier value that is evidence of nothing",
        "kind value",
        """
kind    varchar kind of identifier
value   varchar the value
reason  varchar placeholder, shared or invalid
records bigint  records that carry it
""",
        subject="value",
    ),
    table(
        "identity.assignment",
        "one source record and the profile it belongs to",
        "record_id",
        """
record_id   varchar  source record
profile_id  varchar  id of the person (P-), visitor (P-), organisation (A-) or group (A-)
entity_type varchar  person, organisation, group or visitor
live        boolean  false: the record is no longer delivered; kept so that it finds its id again
evidence    varchar? fingerprint of all that the record was judged by; the same again means nothing was learned since; null: not judged
""",
        subject="record_id",
    ),
    table(
        "identity.profile",
        "one id that was ever issued",
        "profile_id",
        """
profile_id  varchar  the id
entity_type varchar  person, organisation, group or visitor
seed_record varchar  smallest record_id at birth; the id is a hash of it and the ordinal; empty once erased
ordinal     integer  how many ids the seed record had seeded before
born_run    bigint   run that issued it
status      varchar  live, merged (see alias), emptied or erased
""",
        subject="profile_id",
    ),
    table(
        "identity.alias",
        "one retired id and the id that survives it",
        "retired_id",
        """
retired_id varchar  the id that was merged away
profile_id varchar  the live id it leads to, directly
run_id     bigint   run that merged it
""",
        subject="profile_id",
    ),
    table(
        "identity.history",
        "one change of one id",
        "profile_id run_id event other_id",
        """
profile_id varchar   the id
run_id     bigint    run that changed it
event      varchar   born, grew, shrank, merged_into, absorbed, split_off, split_from, emptied, revived or erased
other_id   varchar   the other id of a merge or split, empty otherwise
records    bigint    records it held afterwards
at         timestamp as_of of the run (UTC)
reason     varchar   what decided, for people
""",
        subject="profile_id",
    ),
    table(
        "identity.lookup",
        "one file in which real time finds the records of a party type",
        "entity_type",
        """
entity_type   varchar person or organisation
path          varchar the file, below the workspace's `.cdp`; it holds the compared values of every record
model_version varchar artefact it was made for
records       bigint  records in it, or in both
patch         varchar? a further file with what changed since; null: nothing did
""",
    ),
    table(
        "identity.possible",
        "one profile that is perhaps the same as others: the lenient cut of the same scored graph",
        "profile_id group_id",
        """
profile_id  varchar profile, a strict cluster: who is sent to
group_id    varchar smallest profile id of those that are perhaps one: a hint for people
entity_type varchar person or organisation
""",
        subject="profile_id",
    ),
    table(
        "identity.doubt",
        "one profile that is perhaps not one, or not whole, and how much the model expects of it",
        "profile_id",
        """
profile_id      varchar profile of one record or more
entity_type     varchar person or organisation
expected_wrong  double  expected number of its pairs of records that are not of one
expected_missed double  expected number of pairs of a record of it with one of another profile that are of one
""",
        subject="profile_id",
    ),
    table(
        "identity.scorecard",
        "one measure of identity resolution in one run",
        "run_id metric",
        """
run_id   bigint   run that was measured
metric   varchar  name of the measure, as in the docs; weight_band_<n> counts pairs of match weights from 4n to 4n + 4
value    double   its value
low      double?  lower end of the 95 % interval, where it is an estimate
high     double?  upper end
at_least double?  smallest value that scorecard.yaml lets pass
at_most  double?  largest value that scorecard.yaml lets pass
breached boolean  the value is outside: nothing of the run was published
detail   varchar? what is behind it, for people
""",
    ),
)
