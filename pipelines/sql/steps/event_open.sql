-- Events that are new or changed are known from this edition on.
insert into announced_event
select
    fresh.event_id, fresh.kind, fresh.title, fresh.area, fresh.industry, fresh.from_on, fresh.to_on, fresh.jobs,
    fresh.employers, fresh.source, $cutoff_at, null
from event_fresh as fresh
left join announced_event as known
    on known.known_to is null and known.event_id = fresh.event_id and known.area = fresh.area
where known.event_id is null
