-- title: 失业保险金申领到发放天数 | Days from claim to benefit
-- unit: days
-- units: persons
-- worse: higher
-- kind: ratio
-- judged: stock
-- grain: month
-- clock: effective
-- by: area
-- formula: 各区县申领到首次发放天数的中位数，按新增领取人数加权平均 | the areas' medians of days from claim to first payment, averaged with the new recipients as weights
-- source: 通知第二十一项“确保发放”；失业保险金发放月报 | notice, item 21, benefits are to be paid in time; monthly reports of benefit payments
select
    area, period, sum(median_days * newly_receiving) as numerator,
    sum(case when median_days is not null then newly_receiving else 0 end) as denominator,
    sum(newly_receiving) as units, max(newly_receiving) as largest_unit
from benefit_payment
group by all
