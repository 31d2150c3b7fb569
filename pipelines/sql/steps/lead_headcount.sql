-- Each employer's headcount at the end of the last month that was over when the window began.
create or replace temp table lead_headcount as
select employer, employer_name, area, industry, insured
from (
    select
        employer, employer_name, area, industry, insured,
        row_number() over (partition by employer order by period desc, drop_id, line_number) as position
    from insured_headcount_in_force
    where period between $oldest and $base
) as newest
where position = 1
