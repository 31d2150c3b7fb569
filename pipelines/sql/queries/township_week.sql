-- The townships of one area in one week and in the one a year before, by what their monitored villages say; the largest share
-- that returned first.
-- watched: villages, away, returned
select
    now.township, now.village_name, now.villages, now.away, now.returned, now.away_before, before.away as year_before_away,
    before.returned as year_before_returned, before.away_before as year_before_away_before
from township_labour as now
left join township_labour as before
    on before.area = now.area and before.township = now.township and before.period = $before
where now.area = $area and now.period = $week
order by now.returned / nullif(cast(now.away_before as double), 0) desc nulls last, now.township
