-- What became of each slot of the roster by the cut-off: reported, late, held, refused, missing, or not yet due.
create or replace temp table roster_fresh as
select
    slot.feed, slot.area, slot.period, slot.grain, slot.due_at,
    case
        when received.accepted_at <= slot.due_at then 'reported'
        when received.accepted_at is not null then 'late'
        when received.is_held = 1 then 'held'
        when received.is_refused = 1 then 'refused'
        when slot.due_at <= $cutoff_at then 'missing'
        else 'not_due'
    end as status,
    received.accepted_at as received_at
from roster_slot as slot
left join (
    select
        feed, sender, period,
        min(case when status = 'accepted' then received_at end) as accepted_at,
        max(case when status = 'held' then 1 else 0 end) as is_held,
        max(case when status = 'refused' then 1 else 0 end) as is_refused
    from drop_register
    where received_at <= $cutoff_at
    group by feed, sender, period
) as received on slot.feed = received.feed and slot.area = received.sender and slot.period = received.period
where slot.period between $since and $until
