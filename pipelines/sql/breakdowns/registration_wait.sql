-- title: 登记失业人数，按失业到登记的日数 | Registrations by days from unemployment to registration
-- unit: persons
-- units: persons
-- grain: month
-- categories: 30 = 30 日以内 | up to 30 days; 60 = 31–60 日 | 31 to 60 days; 365 = 61 日至一年 | 61 days to a year; 999 = 一年以上 | more than a year
-- formula: 当月办理失业登记的人数，按失业日期到登记日期的日数分组；没有就业过的不填失业日期 | registrations as unemployed in the month, by days from unemployment; who never worked gives no day
-- source: 就业促进法第四十三条；失业登记 | Employment Promotion Law, article 43; registrations as unemployed
select
    area, date_trunc('month', registered_on) as period,
    case
        when unemployed_on is null then ''
        when registered_on <= unemployed_on + interval 30 day then '30'
        when registered_on <= unemployed_on + interval 60 day then '60'
        when registered_on <= unemployed_on + interval 365 day then '365'
        else '999'
    end as category, count(*) as numerator, count(*) as units
from unemployment_registration
group by all
