-- One claim of unemployment benefit; person is a keyed pseudonym.
create table if not exists benefit_claim (
    drop_id varchar not null, line_number integer not null, claim_id varchar, person varchar, sex varchar,
    birth_year integer, employer varchar, area varchar, industry varchar, division varchar, reason varchar,
    unemployed_on date, filed_on date
)
