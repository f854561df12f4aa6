-- What agents said of calls: this party was not who called from this number; append-only, undone but
-- never changed. `party_id` is a profile or account, `call_id` what the telephone system calls the call.
create table dismissal (
    dismissal_id integer primary key autoincrement,
    phone text not null,
    party_id text not null,
    call_id text,
    actor text not null,
    reason text not null,
    made_at text not null,
    undone_at text,
    undone_by text,
    undone_reason text
);

create index dismissal_phone on dismissal (phone);

insert into topic (name) values ('dismissal');

create trigger dismissal_inserted after insert on dismissal
begin update topic set version = version + 1 where name = 'dismissal'; end;

create trigger dismissal_updated after update on dismissal
begin update topic set version = version + 1 where name = 'dismissal'; end;
