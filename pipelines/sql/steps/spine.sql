-- Where a count is zero unless a fact says otherwise: every industry of an area that reported.
create or replace temp table spine as
select reported.area, industry.code as industry, reported.period
from reported
join industry on industry.level in ('section', 'unknown')
where reported.feed = $feed and reported.period >= $start
