-- title: 期满停发占比 | Share of benefits that ran out
-- unit: percent
-- units: persons
-- worse: higher
-- kind: ratio
-- grain: month
-- clock: effective
-- by: area
-- formula: 期满停发人数 ÷ 停发人数（期满、就业、其他原因）× 100 | people whose benefit ran out ÷ people whose benefit stopped (ran out, found work, other reasons) × 100
-- source: 通知第二十一项；失业保险金发放月报 | notice, item 21; monthly reports of benefit payments
select
    area, period, sum(stopped_expired) as numerator,
    sum(stopped_expired + stopped_employed + stopped_other) as denominator,
    sum(stopped_expired + stopped_employed + stopped_other) as units, max(stopped_expired) as largest_unit
from benefit_payment
group by all
