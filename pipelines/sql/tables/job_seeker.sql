-- One person registering as looking for work; the sender gives no identity.
create table if not exists job_seeker (
    drop_id varchar not null, line_number integer not null, seeker_id varchar, sex varchar, birth_year integer,
    area varchar, industry varchar, division varchar, registered_on date, cohorts varchar, education varchar
)
