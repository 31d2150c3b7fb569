-- title: 登记失业人数，按户籍类型 | Registrations by household registration
-- unit: persons
-- units: persons
-- grain: month
-- categories: household
-- formula: 当月办理失业登记的人数，按户籍类型分 | registrations as unemployed in the month, by household registration
-- source: 就业促进法第四十三条；失业登记 | Employment Promotion Law, article 43; registrations as unemployed
select
    area, date_trunc('month', registered_on) as period, coalesce(household, '') as category, count(*) as numerator,
    count(*) as units
from unemployment_registration
group by all
