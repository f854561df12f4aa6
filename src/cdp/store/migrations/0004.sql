-- What people corrected of records that arrived, dropped or let through; append-only, undone but
-- never changed. `seq` is the version that they looked at, `changes` a JSON object of field to value.
create table correction (
    correction_id integer primary key autoincrement,
    kind text not null check (kind in ('set', 'drop', 'allow')),
    source text not null,
    object text not null,
    native_id text not null,
    seq integer not null,
    changes text not null,
    actor text not null,
    reason text not null,
    made_at text not null,
    undone_at text,
    undone_by text,
    undone_reason text
);

create index correction_record on correction (source, object, native_id);

insert into topic (name) values ('correction');

create trigger correction_inserted after insert on correction
begin update topic set version = version + 1 where name = 'correction'; end;

create trigger correction_updated after update on correction
begin update topic set version = version + 1 where name = 'correction'; end;
