-- Policy events that touch an area and industry and began or ended since a day, the newest first.
-- watched: jobs, employers
select event_id, kind, title, area, industry, from_on, to_on, jobs, employers, source
from announced_event
where area in ($area, $city) and industry in ($industry, 'ALL') and coalesce(to_on, from_on) >= $since
order by from_on desc, event_id, area
