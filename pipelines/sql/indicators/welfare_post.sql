-- title: 公益性岗位在岗人数 | Persons in public-welfare posts
-- unit: persons
-- units: employers
-- worse: lower
-- kind: stock
-- grain: month
-- clock: effective
-- by: area
-- formula: 月末公益性岗位在岗人数之和 | persons in public-welfare posts at the end of the month
-- source: 通知第九项；公益性岗位月报 | notice, item 9; monthly reports of public-welfare posts
select
    area, period, sum(persons) as numerator, sum(case when persons > 0 then 1 else 0 end) as units,
    max(persons) as largest_unit
from (select area, period, unit_name, sum(persons) as persons from welfare_post group by all) as unit
group by all
