-- Permissions that people gave or withdrew here, and not in a source; append-only, read by golden.
create table consent (
    consent_id integer primary key autoincrement,
    record_id text,
    contact_kind text not null check (contact_kind in ('email', 'phone', 'post')),
    contact_value text,
    channel text not null check (channel in ('email', 'sms', 'phone', 'post')),
    purpose text not null,
    category text not null,
    state text not null check (state in ('granted', 'denied', 'pending')),
    given_at text not null,
    proof text,
    actor text not null,
    check (record_id is not null or contact_value is not null)
);

insert into topic (name) values ('consent');

create trigger consent_inserted after insert on consent
begin update topic set version = version + 1 where name = 'consent'; end;
