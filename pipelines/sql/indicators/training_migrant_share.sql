-- title: 农民工培训占比 | Share of migrant workers in training
-- unit: percent
-- units: persons
-- worse: lower
-- kind: ratio
-- grain: month
-- clock: effective
-- by: area
-- formula: 农民工培训人数 ÷ 培训人数 × 100 | migrant workers trained ÷ people trained × 100
-- source: 通知第十一项、第十二项；职业技能培训月报 | notice, items 11 and 12; monthly reports of vocational training
select
    area, period, sum(case when cohort = 'migrant' then persons else 0 end) as numerator, sum(persons) as denominator, sum(persons) as units,
    max(persons) as largest_unit
from training
group by all
