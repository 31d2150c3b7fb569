-- One report of a planned layoff or closure (劳动合同法 41).
create table if not exists layoff_report (
    drop_id varchar not null, line_number integer not null, report_id varchar, employer varchar, employer_name varchar,
    area varchar, industry varchar, division varchar, staff integer, planned integer, kind varchar, told_on date,
    reported_on date, effective_on date, ground varchar, wages_owed double, contributions_owed double,
    compensation double, settlement varchar
)
