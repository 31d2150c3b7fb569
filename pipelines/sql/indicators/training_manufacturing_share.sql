-- title: 生产制造类培训占比 | Share of training for manufacturing
-- unit: percent
-- units: persons
-- worse: lower
-- kind: ratio
-- grain: month
-- clock: effective
-- by: area
-- formula: 职业大类为生产制造及有关人员的培训人数 ÷ 培训人数 × 100 | people trained for occupations of manufacturing (major group 6) ÷ people trained × 100
-- source: 通知第十一项、第十二项；职业技能培训月报 | notice, items 11 and 12; monthly reports of vocational training
select
    area, period, sum(case when occupation = '6' then persons else 0 end) as numerator, sum(persons) as denominator, sum(persons) as units,
    max(persons) as largest_unit
from training
group by all
