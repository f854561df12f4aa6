-- Exports that were asked for over HTTP: what is wished, how far each is, what came of it.
create table export_job (
    export_id text primary key,
    segment text not null,
    destination text,
    wish text not null,
    status text not null check (status in ('received', 'running', 'done', 'failed')),
    actor text not null,
    received_at text not null,
    finished_at text,
    detail text,
    answer text
) without rowid;
