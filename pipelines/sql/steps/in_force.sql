-- Which drops speak for their slice at the cut-off. Of whole files the newest version, then the last received (layer 0);
-- supplements that came after it in layers above, of which the highest speaks for a key. A supplement ends when a whole
-- file of its version or a later one replaces what it added to; one that came before any whole file waits for it.
create or replace temp table in_force as
with generation as (
    select
        drop_id, coalesce(origin_id, drop_id) as origin_id, feed, sender, period, version, is_supplement, received_at,
        content_hash, status,
        row_number() over (partition by coalesce(origin_id, drop_id) order by known_at desc, drop_id desc) as age
    from drop_register
    where known_at <= $cutoff_at and status <> 'refused'
),
candidate as (
    select generation.*
    from generation
    left join decided as own on own.drop_id = generation.drop_id
    left join decided as first on first.drop_id = generation.origin_id
    where generation.age = 1 and (generation.status = 'accepted' or own.confirmed_at is not null)
        and first.withdrawn_at is null
),
whole as (
    select
        drop_id, feed, sender, period, version, received_at,
        min(received_at) over (partition by feed, sender, period) as first_received_at,
        row_number() over (
            partition by feed, sender, period order by version desc, received_at desc, content_hash desc
        ) as place
    from candidate
    where not is_supplement
)
select drop_id, feed, sender, period, 0 as layer
from whole
where place = 1
union all
select
    extra.drop_id, extra.feed, extra.sender, extra.period,
    row_number() over (
        partition by extra.feed, extra.sender, extra.period
        order by extra.version, extra.received_at, extra.content_hash
    ) as layer
from candidate as extra
left join whole
    on whole.place = 1 and whole.feed = extra.feed and whole.sender = extra.sender and whole.period = extra.period
where extra.is_supplement and (
    whole.drop_id is null or whole.received_at <= extra.received_at or extra.version > whole.version
    or extra.received_at < whole.first_received_at
)
