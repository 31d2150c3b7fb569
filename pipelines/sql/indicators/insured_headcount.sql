-- title: 期末参保人数 | Insured persons
-- unit: persons
-- units: employers
-- worse: lower
-- kind: stock
-- grain: month
-- clock: effective
-- by: area × industry
-- formula: 各参保单位期末参保人数之和 | insured at the end of the period, all employers
-- source: 社会保险单位月报 | employers' monthly reports of social insurance
-- sort: 10
select area, industry, period, sum(insured) as numerator, count(*) as units, max(insured) as largest_unit
from insured_headcount
group by all
