-- Editions in which figures of an indicator changed without a new file: a cancelled event, or a new way to compute.
-- unwatched: counts of figures that were computed anew
select day, reason, count(*) as figures
from revision_history
where indicator = $indicator and reason in ('recomputed', 'reread')
group by day, reason
order by day desc
