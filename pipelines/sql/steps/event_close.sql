-- An event that is gone, or says something else, ends as it was known.
update announced_event
set known_to = $cutoff_at
where known_to is null and not exists (
    select 1
    from event_fresh as fresh
    where fresh.event_id = announced_event.event_id and fresh.area = announced_event.area
        and fresh.kind is not distinct from announced_event.kind
        and fresh.title is not distinct from announced_event.title
        and fresh.industry is not distinct from announced_event.industry
        and fresh.from_on is not distinct from announced_event.from_on
        and fresh.to_on is not distinct from announced_event.to_on
        and fresh.jobs is not distinct from announced_event.jobs
        and fresh.employers is not distinct from announced_event.employers
        and fresh.source is not distinct from announced_event.source
)
