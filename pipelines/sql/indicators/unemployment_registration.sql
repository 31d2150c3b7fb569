-- title: 新增失业登记 | New unemployment registrations
-- unit: persons
-- units: persons
-- worse: higher
-- kind: count
-- grain: day, week, month
-- clock: filed
-- by: area × industry, area × cohort
-- formula: 当期办理失业登记的人数 | people registered as unemployed in the period
-- source: 就业促进法第四十三条；鲁人社发〔2016〕14号失业指标“登记失业人数” | Employment Promotion Law, article 43; Lu Ren She Fa [2016] No. 14, unemployment indicator "registered unemployed"
select area, industry, registered_on as period, count(*) as numerator, count(*) as units, 1 as largest_unit
from unemployment_registration
group by all
