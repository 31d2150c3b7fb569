-- title: 登记失业人数，按学历 | Registrations by education
-- unit: persons
-- units: persons
-- grain: month
-- categories: education
-- formula: 当月办理失业登记的人数，按学历分 | registrations as unemployed in the month, by education
-- source: 就业促进法第四十三条；失业登记 | Employment Promotion Law, article 43; registrations as unemployed
select
    area, date_trunc('month', registered_on) as period, coalesce(education, '') as category, count(*) as numerator,
    count(*) as units
from unemployment_registration
group by all
