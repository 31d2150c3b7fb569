-- Every file ever received, accepted or not. received_at, known_at: UTC. A file read again (replay, restate) has a row
-- of its own from known_at on, with origin_id naming the drop it reads; else origin_id is NULL, known_at is received_at.
create table if not exists drop_register (
    drop_id varchar primary key, origin_id varchar, content_hash varchar not null, feed varchar not null,
    sender varchar, period date, grain varchar, version integer, is_supplement boolean, received_at timestamp not null,
    known_at timestamp not null, is_backfilled boolean, file_name varchar, encoding varchar, rows_total integer,
    rows_accepted integer, rows_quarantined integer, control_total double, status varchar not null, reason varchar,
    reason_en varchar
)
