-- What was begun by the clock or asked for, and how it ended. `due_at` is the moment it stands for,
-- so that two keepers begin it once.
create table schedule_run (
    schedule_run_id integer primary key,
    schedule text not null,
    due_at text not null,
    asked_by text not null default '',
    started_at text,
    finished_at text,
    outcome text not null,
    message text not null default '',
    unique (schedule, due_at)
);

create index schedule_run_latest on schedule_run (schedule, due_at desc);

create table schedule_pause (
    schedule text primary key,
    at text not null,
    by text not null,
    reason text not null
) without rowid;
