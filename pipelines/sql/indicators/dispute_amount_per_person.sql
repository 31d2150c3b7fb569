-- title: 争议人均金额 | Amount in dispute per person
-- unit: yuan
-- units: persons
-- worse: higher
-- kind: ratio
-- judged: stock
-- grain: month
-- clock: effective
-- by: area
-- formula: 涉案金额 ÷ 涉及人数（元） | amount claimed ÷ people concerned (yuan)
-- source: 通知第二十二项；劳动人事争议仲裁月报 | notice, item 22; monthly reports of labour arbitration
select
    area, period, sum(amount) as numerator, sum(persons) as denominator, sum(persons) as units,
    max(amount) as largest_unit
from labour_dispute
group by all
