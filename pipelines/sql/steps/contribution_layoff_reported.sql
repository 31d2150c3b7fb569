-- What each employer brings to the layoffs reported, by the day of its report; of one number the last of a month.
select member, area, industry, day, people
from (
    select
        employer as member, area, industry, reported_on as day, planned as people,
        row_number() over (
            partition by coalesce(report_id, drop_id || ' ' || line_number), area, date_trunc('month', reported_on)
            order by reported_on desc, drop_id, line_number
        ) as position
    from layoff_report_in_force
) as one
where position = 1
