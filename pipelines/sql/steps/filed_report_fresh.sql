-- Layoff reports of the drops in force, of each number and area the one that was made last, then received last.
create or replace temp table filed_report_fresh as
select
    report_id, employer, employer_name, area, industry, staff, planned, kind, told_on, reported_on, effective_on, ground,
    wages_owed, contributions_owed, compensation, settlement
from (
    select
        fact.*,
        row_number() over (
            partition by fact.report_id, fact.area
            order by fact.reported_on desc nulls last, register.received_at desc, fact.drop_id, fact.line_number
        ) as position
    from layoff_report_in_force as fact
    join drop_register as register on register.drop_id = fact.drop_id
    where fact.report_id is not null and fact.area is not null
) as one
where position = 1
