-- title: 缓缴社保单位数 | Employers deferring contributions
-- unit: employers
-- units: employers
-- worse: higher
-- kind: stock
-- grain: month
-- clock: effective
-- by: area × industry
-- formula: 期末缓缴标志为“是”的单位数（没有报送缓缴情况的单位不计） | employers whose deferral mark is "yes" at the end of the period (those that do not report it are left out)
-- source: 社会保险单位月报；通知第四项 | employers' monthly reports of social insurance; notice, item 4
select
    area, industry, period, sum(case when is_deferred then 1 else 0 end) as numerator, count(*) as units,
    1 as largest_unit
from insured_headcount
where is_deferred is not null
group by all
