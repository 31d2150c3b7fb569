-- title: 登记失业人数，按登记原因 | Registrations by reason
-- unit: persons
-- units: persons
-- grain: month
-- categories: registration_reason
-- formula: 当月办理失业登记的人次，按登记原因分；单位数为不同人数 | registrations as unemployed in the month, by reason; units are different persons
-- source: 就业促进法第四十三条；失业登记 | Employment Promotion Law, article 43; registrations as unemployed
select
    area, industry, date_trunc('month', registered_on) as period, coalesce(reason, '') as category,
    count(*) as numerator, count(distinct person) as units
from unemployment_registration
group by all
