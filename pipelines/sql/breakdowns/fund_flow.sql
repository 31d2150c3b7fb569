-- title: 失业保险基金收支 | Unemployment fund, income and expenditure
-- unit: yuan
-- units: reports
-- grain: month
-- categories: income = 本期收入 | income; expenditure = 本期支出 | expenditure; benefit = 其中：失业保险金 | of which benefit
-- overlap: yes
-- formula: 全市失业保险基金的本期收入、支出和其中发放的失业保险金 | income and expenditure of the city's unemployment fund, and benefit paid within it
-- source: 鲁人社发〔2016〕14号失业指标；基金月报 | Lu Ren She Fa [2016] No. 14; monthly report of the fund
select period, 'income' as category, sum(income) as numerator, count(*) as units
from unemployment_fund
group by all
union all
select period, 'expenditure' as category, sum(expenditure) as numerator, count(*) as units
from unemployment_fund
group by all
union all
select period, 'benefit' as category, sum(benefit) as numerator, count(*) as units
from unemployment_fund
group by all
