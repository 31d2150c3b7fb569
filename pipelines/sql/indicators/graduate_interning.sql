-- title: 毕业生见习人数 | Graduates in internships
-- unit: persons
-- units: persons
-- worse: lower
-- kind: stock
-- grain: month
-- clock: effective
-- by: area
-- formula: 月末在就业见习岗位上的毕业生之和 | graduates in internships at the end of the month
-- source: 通知第七项；高校毕业生实名登记月报 | notice, item 7; monthly register of graduates
select area, period, sum(interning) as numerator, sum(interning) as units, max(interning) as largest_unit
from graduate_register
group by all
