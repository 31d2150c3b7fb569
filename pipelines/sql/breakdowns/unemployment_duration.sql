-- title: 登记失业人数，按失业时间 | Registered unemployed by duration
-- unit: persons
-- units: persons
-- grain: month
-- categories: 6 = 不满六个月 | below six months; 12 = 六个月至不满十二个月 | six to below twelve months; 99 = 十二个月以上 | twelve months and more
-- formula: 期末登记失业人数，按连续登记失业时间分 | registered unemployed at the end of the period, by how long they have been so
-- source: 山东省就业促进条例第四十二条；长期失业月报 | Shandong Employment Promotion Regulations, article 42; monthly form of long-term unemployment
select area, period, '6' as category, sum(registered - over_six_months) as numerator, sum(registered) as units
from long_term_unemployment
group by all
union all
select area, period, '12' as category, sum(over_six_months - over_twelve_months) as numerator,
    sum(registered) as units
from long_term_unemployment
group by all
union all
select area, period, '99' as category, sum(over_twelve_months) as numerator, sum(registered) as units
from long_term_unemployment
group by all
