-- The newest list of each sender among the drops in force: a file is the whole list, so what it leaves out is off it.
create or replace temp table listed_fresh as
with newest as (
    select sender, max(period) as period from in_force where feed = 'key_employer' group by sender
),
speaking as (
    select in_force.drop_id
    from in_force
    join newest on newest.sender = in_force.sender and newest.period = in_force.period
    where in_force.feed = 'key_employer'
)
select employer, employer_name, area, industry, kind, officer_post, from_on, to_on, period
from (
    select
        fact.*, row_number() over (partition by fact.employer, fact.kind order by fact.drop_id, fact.line_number) as position
    from key_employer_in_force as fact
    join speaking on speaking.drop_id = fact.drop_id
) as one
where position = 1
