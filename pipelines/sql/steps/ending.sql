-- Deferrals of contributions and the day on which each ends, by each employer's newest headcount in force.
select employer, area, industry, insured as people, deferred_until as ends_on
from (
    select
        employer, area, industry, insured, is_deferred, deferred_until,
        row_number() over (partition by employer order by period desc, drop_id, line_number) as position
    from insured_headcount_in_force
    where period >= $since
) as newest
where position = 1 and is_deferred and deferred_until >= $day
