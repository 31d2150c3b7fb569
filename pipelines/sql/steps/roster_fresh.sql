-- What became of each slot of the roster by the cut-off: reported, late, held, refused, withdrawn, missing, or not yet
-- due; and how many rows of the files that speak for it were sent back.
create or replace temp table roster_fresh as
with file as (
    select
        register.feed, register.sender, register.period, register.status, register.drop_id,
        register.rows_quarantined, first.withdrawn_at,
        case
            when register.status = 'accepted' then register.known_at
            when register.status = 'held' then own.confirmed_at
        end as accepted_at
    from drop_register as register
    left join decided as own on own.drop_id = register.drop_id
    left join decided as first on first.drop_id = coalesce(register.origin_id, register.drop_id)
    where register.known_at <= $cutoff_at
),
received as (
    select
        file.feed, file.sender, file.period,
        min(case when withdrawn_at is null then accepted_at end) as accepted_at,
        max(case when status = 'held' and accepted_at is null and withdrawn_at is null then 1 else 0 end) as is_held,
        max(case when status = 'refused' then 1 else 0 end) as is_refused,
        max(case when withdrawn_at is not null then 1 else 0 end) as is_withdrawn,
        sum(case when in_force.drop_id is not null then rows_quarantined end) as rows_quarantined
    from file
    left join in_force on in_force.drop_id = file.drop_id
    group by file.feed, file.sender, file.period
)
select
    slot.feed, slot.area, slot.period, slot.grain, slot.due_at,
    case
        when received.accepted_at <= slot.due_at then 'reported'
        when received.accepted_at is not null then 'late'
        when received.is_held = 1 then 'held'
        when received.is_refused = 1 then 'refused'
        when received.is_withdrawn = 1 then 'withdrawn'
        when slot.due_at <= $cutoff_at then 'missing'
        else 'not_due'
    end as status,
    received.accepted_at as received_at,
    cast(coalesce(received.rows_quarantined, 0) as integer) as rows_quarantined
from roster_slot as slot
left join received on slot.feed = received.feed and slot.area = received.sender and slot.period = received.period
where slot.period between $since and $until
