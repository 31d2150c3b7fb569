-- title: 缓缴社保单位参保人数 | Insured persons of employers deferring
-- unit: persons
-- units: employers
-- worse: higher
-- kind: stock
-- grain: month
-- clock: effective
-- by: area × industry
-- formula: 期末缓缴标志为“是”的单位的参保人数之和 | insured at employers whose deferral mark is "yes" at the end of the period
-- source: 社会保险单位月报；通知第四项 | employers' monthly reports of social insurance; notice, item 4
select
    area, industry, period, sum(case when is_deferred then insured else 0 end) as numerator,
    sum(case when is_deferred then 1 else 0 end) as units,
    max(case when is_deferred then insured else 0 end) as largest_unit
from insured_headcount
where is_deferred is not null
group by all
