-- A layoff report in force (劳动合同法 41), as known from known_from until known_to; confidential, restricted file only.
create table if not exists filed_report (
    report_id varchar not null, employer varchar, employer_name varchar, area varchar not null, industry varchar,
    staff integer, planned integer, kind varchar, told_on date, reported_on date, effective_on date, ground varchar,
    wages_owed double, contributions_owed double, known_from timestamp not null, known_to timestamp
)
