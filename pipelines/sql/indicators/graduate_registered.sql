-- title: 登记毕业生人数 | Graduates in the register
-- unit: persons
-- units: persons
-- worse: higher
-- kind: stock
-- grain: month
-- clock: effective
-- by: area
-- formula: 月末登记在册的当届和离校两年内往届毕业生之和 | graduates in the register at the end of the month, of this year and of the two years before
-- source: 通知第七项；高校毕业生实名登记月报 | notice, item 7; monthly register of graduates
select area, period, sum(registered) as numerator, sum(registered) as units, max(registered) as largest_unit
from graduate_register
group by all
