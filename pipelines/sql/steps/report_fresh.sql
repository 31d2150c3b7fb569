-- Layoff reports of the drops in force, one of each number and area.
create or replace temp table report_fresh as
select
    report_id, employer, employer_name, area, industry, staff, planned, kind, told_on, reported_on, effective_on, ground,
    wages_owed, contributions_owed
from (
    select
        layoff_report_in_force.*,
        row_number() over (partition by report_id, area order by drop_id, line_number) as position
    from layoff_report_in_force
    where report_id is not null and area is not null
) as one
where position = 1
