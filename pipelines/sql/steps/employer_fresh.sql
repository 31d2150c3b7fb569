-- The newest headcount of each employer among the drops in force.
create or replace temp table employer_fresh as
select employer, employer_name, area, industry, insured, period
from (
    select
        insured_headcount.*,
        row_number() over (
            partition by insured_headcount.employer
            order by insured_headcount.period desc, insured_headcount.drop_id, insured_headcount.line_number
        ) as position
    from insured_headcount
    join in_force on insured_headcount.drop_id = in_force.drop_id
    where insured_headcount.period >= $since
) as newest
where position = 1
