-- From when on an area's files say who belongs to a cohort: the area has coded somebody, and the cohort was in use.
-- Before that nobody was asked, which is no zero.
create or replace temp table cohort_start as
select area.area, cohort.cohort, greatest(area.since, cohort.since) as since
from (select area, min(since) as since from coded group by area) as area
cross join (select cohort, min(since) as since from coded group by cohort) as cohort
