-- A monthly list: the rows of the newest file of each sender among the drops in force, of each key the one received last.
create or replace temp table list_fresh as
with newest as (
    select sender, max(period) as period from in_force where feed = {feed} group by sender
),
speaking as (
    select in_force.drop_id
    from in_force
    join newest on newest.sender = in_force.sender and newest.period = in_force.period
    where in_force.feed = {feed}
)
select {columns}
from (
    select
        fact.*,
        row_number() over (
            partition by {key}
            order by fact.period desc, register.received_at desc, fact.drop_id, fact.line_number
        ) as position
    from {in_force} as fact
    join speaking on speaking.drop_id = fact.drop_id
    join drop_register as register on register.drop_id = fact.drop_id
) as one
where position = 1
