-- Insured persons of one employer at the end of a month; arrears and deferral are NULL where nothing was said.
create table if not exists insured_headcount (
    drop_id varchar not null, line_number integer not null, employer varchar, employer_name varchar, area varchar,
    industry varchar, division varchar, period date, insured integer, arrears_months integer, is_deferred boolean,
    arrears_amount double, deferred_until date, joins integer, leaves integer
)
