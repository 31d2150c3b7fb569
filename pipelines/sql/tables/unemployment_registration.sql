-- One person registering as unemployed; person is a keyed pseudonym, cohorts are codes joined by ;.
create table if not exists unemployment_registration (
    drop_id varchar not null, line_number integer not null, registration_id varchar, person varchar, sex varchar,
    birth_year integer, employer varchar, area varchar, industry varchar, division varchar, reason varchar,
    unemployed_on date, registered_on date, cohorts varchar, education varchar, household varchar
)
