-- Whole files that some files bear on; of a feed without a bound those of slices that came more than once.
select
    drop_id, coalesce(origin_id, drop_id) as origin_id, sender, period, version, received_at, content_hash, known_at,
    rows_accepted, control_total, status
from drop_register
join (
    select distinct {touched}
    from drop_register
    where feed = $feed and (list_contains($drop_ids, drop_id) or list_contains($drop_ids, origin_id))
) as touched
    using ({touched})
where feed = $feed and status in ('accepted', 'held') and not is_supplement
qualify $is_bounded or count(*) over (partition by sender, period) > 1
