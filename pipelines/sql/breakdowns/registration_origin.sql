-- title: 登记失业人数，按有无原单位 | Registrations with and without an employer before
-- unit: persons
-- units: persons
-- grain: month
-- categories: employer = 有原单位 | from an employer; none = 没有或不明 | none or not known
-- formula: 当月办理失业登记的人数，按是否填有原单位信用代码分 | registrations as unemployed in the month, by whether an employer before is given
-- source: 就业促进法第四十三条；失业登记 | Employment Promotion Law, article 43; registrations as unemployed
select
    area, date_trunc('month', registered_on) as period,
    case when employer is null then 'none' else 'employer' end as category, count(*) as numerator, count(*) as units
from unemployment_registration
group by all
