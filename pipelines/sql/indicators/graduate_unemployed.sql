-- title: 毕业生未就业人数 | Unemployed graduates
-- unit: persons
-- units: persons
-- worse: higher
-- kind: stock
-- grain: month
-- clock: effective
-- by: area
-- formula: 月末登记在册、有就业意愿而未就业的毕业生之和 | graduates in the register at the end of the month who want work and have none
-- source: 通知第七项；高校毕业生实名登记月报 | notice, item 7; monthly register of graduates
select area, period, sum(unemployed) as numerator, sum(unemployed) as units, max(unemployed) as largest_unit
from graduate_register
group by all
