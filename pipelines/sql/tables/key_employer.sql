-- One reason for which an employer is on the list of key employers in a month.
create table if not exists key_employer (
    drop_id varchar not null, line_number integer not null, employer varchar, employer_name varchar, area varchar,
    industry varchar, division varchar, period date, kind varchar, officer_post varchar, from_on date, to_on date,
    listing varchar
)
