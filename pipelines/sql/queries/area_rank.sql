-- Of each indicator the newest month in which an area has a place among the units.
-- unwatched: places in an order of areas
select k.indicator, k.period, k.place, k.areas
from area_rank as k
join (
    select indicator, max(period) as period from area_rank where area = $area group by indicator
) as last on k.indicator = last.indicator and k.period = last.period
where k.area = $area
order by k.indicator
