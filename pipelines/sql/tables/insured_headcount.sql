-- Insured persons of one employer at the end of a month.
create table if not exists insured_headcount (
    drop_id varchar not null, line_number integer not null, employer varchar, employer_name varchar, area varchar,
    industry varchar, division varchar, period date, insured integer, arrears_months integer, is_deferred boolean
)
