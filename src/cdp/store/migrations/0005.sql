-- Keys end, name roles of access.yaml, and may ask more or less often than others. `key_use` is
-- beside the table, so that what is written every minute does not move the version of `key`.
alter table key add column expires_at text;
alter table key add column roles text not null default '';
alter table key add column rate_limit integer;
alter table key add column replaced_by text;

create table key_use (
    key_id text primary key,
    used_at text not null
) without rowid;

-- The audit log is a chain: `digest` seals what can be erased of an entry, with `salt`, `link`
-- seals the rest and the entry before. `erased_by` is the entry that says why details are gone.
alter table audit add column salt blob;
alter table audit add column digest blob;
alter table audit add column link blob;
alter table audit add column erased_by integer;

create table audit_head (
    audit_id integer not null,
    link blob not null
);

-- What was answered to a request that a caller may send again, for a day.
create table answered (
    caller text not null,
    key text not null,
    request text not null,
    status integer not null,
    location text not null,
    body blob not null,
    at text not null,
    primary key (caller, key)
) without rowid;
