-- title: 解除终止争议占比 | Share of disputes over dismissal
-- unit: percent
-- units: persons
-- worse: higher
-- kind: ratio
-- grain: month
-- clock: effective
-- by: area × industry
-- formula: 解除、终止劳动合同争议涉及人数 ÷ 全部争议涉及人数 × 100 | people in disputes over the end of a contract ÷ people in all disputes × 100
-- source: 通知第二十二项；劳动人事争议仲裁月报 | notice, item 22; monthly reports of labour arbitration
select
    area, industry, period, sum(case when is_dismissal then persons else 0 end) as numerator,
    sum(persons) as denominator, sum(persons) as units, max(persons) as largest_unit
from labour_dispute
group by all
