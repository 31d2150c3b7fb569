-- title: 失业保险基金可支撑月数 | Months the unemployment fund can pay
-- unit: months
-- units: reports
-- worse: lower
-- kind: ratio
-- judged: stock
-- look_back_days: 366
-- grain: month
-- clock: effective
-- by: city
-- formula: 期末滚存结余 ÷ 近12个月月均支出（近12个月中至少6个月有数） | accumulated balance at the end of the period ÷ mean monthly spending of the last 12 months (at least 6 of them known)
-- source: 鲁人社发〔2016〕14号失业指标“失业保险基金可支撑月数” | Lu Ren She Fa [2016] No. 14, unemployment indicator "months the unemployment insurance fund lasts"
select balance.period, balance.closing as numerator, spent.expenditure as denominator, 1 as units, 1 as largest_unit
from (
    select period, sum(closing) as closing
    from unemployment_fund
    group by all
) as balance
join (
    select unemployment_fund.period + later.month_count * interval 1 month as period, avg(expenditure) as expenditure
    from unemployment_fund
    cross join (values (0), (1), (2), (3), (4), (5), (6), (7), (8), (9), (10), (11)) as later(month_count)
    group by all
    having count(*) >= 6
) as spent on balance.period = spent.period
