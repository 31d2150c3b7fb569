-- The newest headcount of each employer among the drops in force.
create or replace temp table employer_fresh as
select
    employer, employer_name, area, industry, insured, period, arrears_months, arrears_amount, is_deferred, deferred_until
from (
    select
        employer, employer_name, area, industry, insured, period, arrears_months, arrears_amount, is_deferred,
        deferred_until,
        row_number() over (partition by employer order by period desc, drop_id, line_number) as position
    from insured_headcount_in_force
    where period >= $since
) as newest
where position = 1
