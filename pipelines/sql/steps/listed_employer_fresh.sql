-- The newest list of each sender among the drops in force: a file is the whole list, so what it leaves out is off it.
-- An employer may be on the lists of several areas; of two lists that name it for one area the newer counts.
create or replace temp table listed_employer_fresh as
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
        fact.*,
        row_number() over (
            partition by fact.employer, fact.kind, fact.area
            order by fact.period desc, register.received_at desc, fact.drop_id, fact.line_number
        ) as position
    from key_employer_in_force as fact
    join speaking on speaking.drop_id = fact.drop_id
    join drop_register as register on register.drop_id = fact.drop_id
) as one
where position = 1
