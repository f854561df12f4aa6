-- Ids that were told to somebody before a run issued them, and the source record they stand for.
create table provisional (
    profile_id text primary key,
    record_id text not null,
    told_at text not null
) without rowid;
