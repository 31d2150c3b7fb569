-- The monthly form of one employer short of labour; prev_staff + hires - losses = staff.
create table if not exists labour_shortage (
    drop_id varchar not null, line_number integer not null, employer varchar, employer_name varchar, area varchar,
    industry varchar, division varchar, period date, staff integer, hires integer, losses integer, unfilled integer,
    occupation varchar, prev_staff integer, expected_staff integer, operation varchar, resumed_on date, wage double,
    difficulties varchar
)
