-- title: 欠缴社保单位参保人数 | Insured persons of employers in arrears
-- unit: persons
-- units: employers
-- worse: higher
-- kind: stock
-- grain: month
-- clock: effective
-- by: area × industry
-- formula: 期末欠缴月数大于 0 的单位的参保人数之和 | insured at employers with more than 0 months in arrears at the end of the period
-- source: 社会保险单位月报；通知第四项 | employers' monthly reports of social insurance; notice, item 4
select
    area, industry, period, sum(case when arrears_months > 0 then insured else 0 end) as numerator,
    sum(case when arrears_months > 0 then 1 else 0 end) as units,
    max(case when arrears_months > 0 then insured else 0 end) as largest_unit
from insured_headcount
where arrears_months is not null
group by all
