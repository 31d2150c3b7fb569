-- Where a count is zero unless a fact says otherwise: every industry of an area that reported and was an area then.
create or replace temp table spine as
select reported.area, industry.code as industry, reported.period
from reported
join unit_life
    on unit_life.code = reported.area and reported.period between unit_life.valid_from and unit_life.valid_to
join industry on industry.level in ('section', 'unknown')
where reported.feed = $feed and reported.period >= $start
