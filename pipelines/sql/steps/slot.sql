-- The slots that were due for an indicator, with the period of one grain in which each lies.
create or replace temp table slot as
select feed, area, period, final_at, {period} as slot_period
from due_slot
where list_contains($feeds, feed) and period >= $start
