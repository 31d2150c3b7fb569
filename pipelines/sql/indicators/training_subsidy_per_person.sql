-- title: 人均培训补贴 | Training subsidy per person
-- unit: yuan
-- units: persons
-- worse: lower
-- kind: ratio
-- judged: stock
-- grain: month
-- clock: effective
-- by: area
-- formula: 补贴金额 ÷ 培训人数（元） | subsidy ÷ people trained (yuan)
-- source: 通知第十一项、第十二项；职业技能培训月报 | notice, items 11 and 12; monthly reports of vocational training
select
    area, period, sum(subsidy) as numerator, sum(persons) as denominator, sum(persons) as units,
    max(persons) as largest_unit
from training
group by all
