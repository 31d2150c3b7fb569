-- Public-welfare posts of one employing unit in one month, subsidy in yuan a person and month; nobody's name.
create table if not exists welfare_post (
    drop_id varchar not null, line_number integer not null, post_id varchar, unit_name varchar, area varchar,
    kind varchar, period date, persons integer, subsidy double, started_on date, ends_on date, in_difficulty integer
)
