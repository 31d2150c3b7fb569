-- title: 返乡人员去向 | What became of those who returned
-- unit: persons
-- units: villages
-- grain: week
-- categories: returned_jobless = 因失业返乡 | returned for lack of work; returned_business = 返乡创业 | returned to start a business; returned_idle = 返乡待业 | returned without work
-- overlap: yes
-- formula: 监测村本期返乡人员中因失业返乡、返乡创业、返乡待业的人数；各项有重叠 | of those who returned to monitored villages: for lack of work, to start a business, without work; these overlap
-- source: 通知第八项、第十九项；农村劳动力转移就业监测（监测村，非全部村） | notice, items 8 and 19; monitoring of rural labour transfer (monitored villages, not all)
select area, surveyed_on as period, 'returned_jobless' as category, sum(returned_jobless) as numerator,
    count(*) as units
from monitored_village
group by all
union all
select area, surveyed_on as period, 'returned_business' as category, sum(returned_business) as numerator,
    count(*) as units
from monitored_village
group by all
union all
select area, surveyed_on as period, 'returned_idle' as category, sum(returned_idle) as numerator,
    count(*) as units
from monitored_village
group by all
