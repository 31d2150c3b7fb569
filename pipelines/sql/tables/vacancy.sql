-- One advertisement with the number of posts it offers.
create table if not exists vacancy (
    drop_id varchar not null, line_number integer not null, vacancy_id varchar, employer varchar, area varchar,
    industry varchar, division varchar, occupation varchar, posts integer, posted_on date, valid_until date,
    education varchar, wage_low double, wage_high double
)
