-- Segments made through the API. Every version is kept, with who made it and when; a version
-- without a definition took the segment away.
create table segment_version (
    segment text not null,
    version integer not null,
    definition text,
    actor text not null,
    reason text not null,
    made_at text not null,
    primary key (segment, version)
) without rowid;

insert into topic (name) values ('segment');

create trigger segment_version_inserted after insert on segment_version
begin update topic set version = version + 1 where name = 'segment'; end;

-- Who was put into a static group by hand. `record_id` is the source record that they were known
-- by, so that a split takes them with it; empty where only the profile was named.
create table static_member (
    segment text not null,
    profile_id text not null,
    record_id text not null,
    actor text not null,
    added_at text not null,
    primary key (segment, profile_id)
) without rowid;

insert into topic (name) values ('static_member');

create trigger static_member_inserted after insert on static_member
begin update topic set version = version + 1 where name = 'static_member'; end;

create trigger static_member_deleted after delete on static_member
begin update topic set version = version + 1 where name = 'static_member'; end;
