-- One claim of unemployment benefit; person is a keyed pseudonym, cohorts are codes joined by ;.
create table if not exists benefit_claim (
    drop_id varchar not null, line_number integer not null, claim_id varchar, person varchar, sex varchar,
    birth_year integer, employer varchar, area varchar, industry varchar, division varchar, reason varchar,
    unemployed_on date, filed_on date, cohorts varchar, channel varchar, paid_months integer, granted_months integer,
    education varchar, household varchar
)
