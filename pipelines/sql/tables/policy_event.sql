-- A policy or shutdown that bears on jobs; area and industry may be totals.
create table if not exists policy_event (
    drop_id varchar not null, line_number integer not null, event_id varchar, kind varchar, title varchar,
    area varchar, industry varchar, division varchar, from_on date, to_on date, employers integer, jobs integer,
    source varchar, reported_on date
)
