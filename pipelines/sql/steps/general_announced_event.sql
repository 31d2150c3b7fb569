-- Announced events for everybody. Numbers of plans are left out; so is an event of too few employers or jobs, whose title
-- may name them, and one of a part of the city of which nobody said how many it concerns.
insert into general.announced_event by name
select
    event_id, kind, title, area, industry, from_on, to_on, null as jobs, null as employers, source, known_from, known_to
from restricted.announced_event
where coalesce(employers >= $respondents, area = $city) and coalesce(jobs >= $persons, true)
