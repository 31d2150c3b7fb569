-- Drops that began or ceased to be in force since the edition before, and why; sender is the city or a unit.
create or replace temp table drop_change as
with either as (
    select feed, sender, period, drop_id, 1 as is_now from in_force
    union all
    select feed, sender, period, drop_id, 0 as is_now from in_force_before
),
changed as (
    select feed, sender, period, drop_id, max(is_now) as is_now
    from either
    group by feed, sender, period, drop_id
    having count(*) = 1
),
slice as (
    select feed, sender, period, sum(is_now) as files, sum(1 - is_now) as files_before
    from either
    group by feed, sender, period
)
select
    changed.feed, changed.sender, changed.period, register.file_name,
    case
        when changed.is_now = 0 then 'withdrawn'
        when register.origin_id is not null then 'reread'
        when register.status = 'held' then 'confirmed'
        when register.is_supplement then 'supplemented'
        when slice.files_before > 0 then 'corrected'
        when register.known_at > slot.due_at then 'late'
        else 'arrived'
    end as reason
from changed
join slice on slice.feed = changed.feed and slice.sender = changed.sender and slice.period = changed.period
join drop_register as register on register.drop_id = changed.drop_id
left join roster_slot as slot
    on slot.feed = changed.feed and slot.area = changed.sender and slot.period = changed.period
where changed.is_now = 1 or slice.files = 0
