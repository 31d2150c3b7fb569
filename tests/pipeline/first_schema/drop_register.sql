-- Every file ever received, accepted or not. received_at, known instants: UTC.
create table if not exists drop_register (
    drop_id varchar primary key, content_hash varchar not null, feed varchar not null, sender varchar, period date,
    grain varchar, version integer, is_supplement boolean, received_at timestamp not null, is_backfilled boolean,
    file_name varchar, encoding varchar, rows_total integer, rows_accepted integer, rows_quarantined integer,
    status varchar not null, reason varchar
)
