-- An employer for an analyst to look at (劳动合同法 41), as one edition saw it; confidential, for the bureau alone.
-- unreported: people left without a report; early: the planned day is too soon after staff were told; rehire: people were
-- taken on within six months of a layoff. people: leavers, planned or joined; reported: planned in reports in force.
-- rule_hash: of the rule as it judged.
create table if not exists layoff_lead (
    edition_id varchar not null, day date, rule_id varchar, kind varchar, employer varchar, employer_name varchar,
    area varchar, industry varchar, window_from date, window_to date, people double, reported double, staff double,
    ratio double, expected double, p double, told_on date, effective_on date, returned double,
    rule_hash varchar
)
