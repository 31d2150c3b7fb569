-- From when on an area's files say who belongs to a cohort: the area has coded somebody, and the cohort was in use.
-- Before that nobody was asked, which is no zero. Of cohorts by sex and year of birth: from when on files say these.
create or replace temp table cohort_start as
select area.area, cohort.cohort, greatest(area.since, cohort.since) as since
from (select area, is_derived, min(since) as since from coded group by area, is_derived) as area
join (select cohort, is_derived, min(since) as since from coded group by cohort, is_derived) as cohort
    on cohort.is_derived = area.is_derived
