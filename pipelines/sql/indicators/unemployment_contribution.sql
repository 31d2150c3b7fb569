-- title: 失业保险费实缴金额 | Unemployment insurance paid
-- unit: yuan
-- units: employers
-- worse: lower
-- kind: count
-- grain: month
-- clock: effective
-- by: area × industry
-- formula: 当月到账的失业保险费之和（元） | unemployment insurance contributions received in the month (yuan)
-- source: 通知第四项、第五项；失业保险费缴纳月报 | notice, items 4 and 5; monthly reports of unemployment insurance contributions
select area, industry, period, sum(paid) as numerator, count(*) as units, max(paid) as largest_unit
from unemployment_contribution
group by all
