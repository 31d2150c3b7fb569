-- title: 毕业生联系率 | Graduates contacted
-- unit: percent
-- units: persons
-- worse: lower
-- kind: ratio
-- judged: stock
-- grain: month
-- clock: effective
-- by: area
-- formula: 已联系人数 ÷ 登记人数 × 100 | graduates contacted ÷ graduates registered × 100
-- source: 通知第七项；高校毕业生实名登记月报 | notice, item 7; monthly register of graduates
select
    area, period, sum(contacted) as numerator, sum(registered) as denominator,
    sum(registered) as units, max(registered) as largest_unit
from graduate_register
group by all
