-- Where the count of a cohort is zero unless a fact says otherwise: an area that reported, once it codes the cohort.
create or replace temp table cohort_spine as
select reported.area, cohort_start.cohort, reported.period
from reported
join unit_life
    on unit_life.code = reported.area and reported.period between unit_life.valid_from and unit_life.valid_to
join cohort_start on cohort_start.area = reported.area and reported.period >= cohort_start.since
where reported.feed = $feed and reported.period >= $start
