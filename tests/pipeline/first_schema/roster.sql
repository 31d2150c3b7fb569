-- What should have come, and whether it did, as known from known_from until known_to (cut-offs of editions, UTC).
create table if not exists roster (
    feed varchar not null, area varchar not null, period date not null, grain varchar, due_at timestamp,
    status varchar, received_at timestamp, known_from timestamp not null, known_to timestamp
)
