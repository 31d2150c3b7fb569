-- Employers as their newest headcount names them; confidential, restricted file only.
create table if not exists employer (
    employer varchar not null, employer_name varchar, area varchar, industry varchar, insured integer, period date,
    known_from timestamp not null, known_to timestamp
)
