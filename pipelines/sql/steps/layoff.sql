-- Layoff reports in force that were filed in the window, of each number and area the one made last; newest report last.
select report_id, employer, employer_name, area, industry, staff, planned, layoff_kind, told_on, reported_on, effective_on
from (
    select
        report_id, employer, employer_name, area, industry, staff, planned, kind as layoff_kind, told_on, reported_on,
        effective_on,
        row_number() over (
            partition by coalesce(report_id, drop_id || ' ' || line_number), area
            order by reported_on desc, drop_id, line_number
        ) as position
    from layoff_report_in_force
    where reported_on between $since and $until
) as one
where position = 1
order by reported_on, report_id
