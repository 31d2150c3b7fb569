-- One lead on unpaid wages by employer, amount in yuan; nobody's name.
create table if not exists wage_arrears_lead (
    drop_id varchar not null, line_number integer not null, lead_id varchar, employer varchar, employer_name varchar,
    area varchar, industry varchar, division varchar, reported_on date, persons integer, amount double, status varchar,
    source varchar, closed_on date
)
