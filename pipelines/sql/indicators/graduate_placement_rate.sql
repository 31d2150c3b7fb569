-- title: 应届毕业生去向落实率 | Graduates of the year placed
-- unit: percent
-- units: persons
-- worse: lower
-- kind: ratio
-- judged: stock
-- grain: month
-- clock: effective
-- by: area
-- formula: 应届（七月起为当年）毕业生中（已就业 + 升学）÷ 登记人数 × 100 | of those who left this year (from July on, before July the year before): (employed + in further study) ÷ registered × 100
-- source: 通知第七项；高校毕业生实名登记月报 | notice, item 7; monthly register of graduates
select
    area, period,
    sum(case when graduated_in = extract(year from period - interval 6 month) then employed + further_study else 0 end)
        as numerator,
    sum(case when graduated_in = extract(year from period - interval 6 month) then registered else 0 end)
        as denominator,
    sum(registered) as units, max(registered) as largest_unit
from graduate_register
group by all
