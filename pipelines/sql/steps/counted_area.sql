-- The areas of which the general file has the count that a chosen rate is made of.
select distinct c.cohort, cast(c.period as timestamp) as period, g.area
from (select distinct cohort, grain, period from chosen where indicator = $rate and grain = $grain) as c
join general.reading as g on g.cohort = c.cohort and g.grain = c.grain and g.period = {period}
where g.indicator = $count and g.known_to is null
