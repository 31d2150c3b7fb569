-- title: 职业技能培训人数 | People trained
-- unit: persons
-- units: persons
-- worse: lower
-- kind: count
-- grain: month
-- clock: effective
-- by: area
-- formula: 当月结业的补贴性职业技能培训人数之和 | people who finished a training with a subsidy in the month
-- source: 通知第十一项、第十二项；职业技能培训月报 | notice, items 11 and 12; monthly reports of vocational training
select area, period, sum(persons) as numerator, sum(persons) as units, max(persons) as largest_unit
from training
group by all
