-- title: 人均失业保险金 | Benefit per recipient
-- unit: yuan
-- units: persons
-- worse: lower
-- kind: ratio
-- judged: stock
-- grain: month
-- clock: effective
-- by: area
-- formula: 发放金额 ÷ 领取人数（元） | amount paid ÷ people receiving benefits (yuan)
-- source: 通知第五项“月人均失业保险金”、第二十一项；失业保险金发放月报 | notice, item 5, "mean monthly benefit", and item 21; monthly reports of benefit payments
select
    area, period, sum(amount) as numerator, sum(recipients) as denominator, sum(recipients) as units,
    max(amount) as largest_unit
from benefit_payment
group by all
