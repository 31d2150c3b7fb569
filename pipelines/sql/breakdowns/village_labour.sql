-- title: 监测村劳动力状况 | Labour of monitored villages by status
-- unit: persons
-- units: villages
-- grain: week
-- categories: away = 外出务工 | away for work; local_jobs = 本地非农就业 | local jobs outside farming; farming = 务农 | farming; idle = 未就业 | wanting work without any
-- formula: 监测村劳动力按外出务工、本地非农就业、务农、未就业分 | labour of monitored villages: away, in local jobs, farming, without work
-- source: 通知第八项、第十九项；农村劳动力转移就业监测（监测村，非全部村） | notice, items 8 and 19; monitoring of rural labour transfer (monitored villages, not all)
select area, surveyed_on as period, 'away' as category, sum(away) as numerator, count(*) as units
from monitored_village
group by all
union all
select area, surveyed_on as period, 'local_jobs' as category, sum(local_jobs) as numerator, count(*) as units
from monitored_village
group by all
union all
select area, surveyed_on as period, 'farming' as category, sum(farming) as numerator, count(*) as units
from monitored_village
group by all
union all
select area, surveyed_on as period, 'idle' as category, sum(idle) as numerator, count(*) as units
from monitored_village
group by all
