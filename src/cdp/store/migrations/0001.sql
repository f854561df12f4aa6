-- Every write of a topic moves its version, whichever process or method made it; accesses come
-- in batches too large for a trigger, so that their writer moves the version of `audit`.
create table topic (
    name text primary key,
    version integer not null default 0
) without rowid;

insert into topic (name) values ('decision'), ('key'), ('audit');

create table decision (
    decision_id integer primary key autoincrement,
    record_l text not null,
    record_r text not null check (record_l < record_r),
    verdict text not null check (verdict in ('must_link', 'cannot_link')),
    actor text not null,
    reason text not null,
    decided_at text not null,
    undone_at text,
    undone_by text
);

create table key (
    key_id text primary key,
    salt blob not null,
    hash blob not null,
    name text not null,
    scopes text not null,
    created_at text not null,
    revoked_at text
) without rowid;

create table audit (
    audit_id integer primary key autoincrement,
    at text not null,
    request_id text not null,
    key_id text not null,
    action text not null,
    subject text not null,
    purpose text not null,
    detail text not null
);

create index audit_subject on audit (subject, at);

create trigger decision_inserted after insert on decision
begin update topic set version = version + 1 where name = 'decision'; end;

create trigger decision_updated after update on decision
begin update topic set version = version + 1 where name = 'decision'; end;

create trigger decision_deleted after delete on decision
begin update topic set version = version + 1 where name = 'decision'; end;

create trigger key_inserted after insert on key
begin update topic set version = version + 1 where name = 'key'; end;

create trigger key_updated after update on key
begin update topic set version = version + 1 where name = 'key'; end;
