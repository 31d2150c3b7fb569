-- A policy or shutdown in force that bears on jobs (notice, item 24), as known from known_from until known_to. area and
-- industry may be totals; to_on is null while no end is known. The general file has neither jobs nor employers.
create table if not exists announced_event (
    event_id varchar not null, kind varchar, title varchar, area varchar not null, industry varchar, from_on date,
    to_on date, jobs integer, employers integer, source varchar, known_from timestamp not null, known_to timestamp
)
