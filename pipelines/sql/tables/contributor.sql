-- Who made up what a warning saw when its evidence was last told: employers, or townships of monitored villages, with the
-- most beyond what they usually bring in as long a window first; place 0: all others together. Confidential, restricted
-- file only.
create table if not exists contributor (
    episode_id varchar not null, area varchar, kind varchar, place integer, member varchar, member_name varchar,
    observed double, expected double, known_from timestamp not null, known_to timestamp
)
