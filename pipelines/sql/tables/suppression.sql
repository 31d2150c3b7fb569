-- A cell hidden in the general file, and why: small, shared (with another table), grain (weeks), complement, revised.
create table if not exists suppression (
    indicator varchar not null, area varchar not null, industry varchar not null, cohort varchar not null,
    grain varchar not null, period date not null, reason varchar, known_from timestamp not null, known_to timestamp
)
