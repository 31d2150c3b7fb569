-- title: 缴纳失业保险费单位数 | Employers paying unemployment insurance
-- unit: employers
-- units: employers
-- worse: lower
-- kind: stock
-- grain: month
-- clock: effective
-- by: area × industry
-- formula: 当月有失业保险费到账的单位数 | employers whose unemployment insurance contributions were received in the month
-- source: 通知第四项、第五项；失业保险费缴纳月报 | notice, items 4 and 5; monthly reports of unemployment insurance contributions
select
    area, industry, period, sum(case when paid > 0 then 1 else 0 end) as numerator,
    sum(case when paid > 0 then 1 else 0 end) as units, 1 as largest_unit
from unemployment_contribution
group by all
