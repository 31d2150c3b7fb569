-- title: 欠缴社保单位数 | Employers in arrears with contributions
-- unit: employers
-- units: employers
-- worse: higher
-- kind: stock
-- grain: month
-- clock: effective
-- by: area × industry
-- formula: 期末欠缴月数大于 0 的单位数（没有报送欠缴情况的单位不计） | employers with more than 0 months in arrears at the end of the period (those that do not report it are left out)
-- source: 社会保险单位月报；通知第四项 | employers' monthly reports of social insurance; notice, item 4
select
    area, industry, period, sum(case when arrears_months > 0 then 1 else 0 end) as numerator, count(*) as units,
    1 as largest_unit
from insured_headcount
where arrears_months is not null
group by all
