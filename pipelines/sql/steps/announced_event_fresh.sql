-- Policy events of the drops in force, of each number and area the one that was told last, then received last.
create or replace temp table announced_event_fresh as
select event_id, kind, title, area, industry, from_on, to_on, jobs, employers, source
from (
    select
        fact.*,
        row_number() over (
            partition by fact.event_id, fact.area
            order by fact.reported_on desc nulls last, register.received_at desc, fact.drop_id, fact.line_number
        ) as position
    from policy_event_in_force as fact
    join drop_register as register on register.drop_id = fact.drop_id
    where fact.event_id is not null and fact.area is not null
) as one
where position = 1
