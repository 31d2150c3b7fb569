-- title: 用工新招、流失和下期预计增减 | Staff hired, lost and expected
-- unit: persons
-- units: employers
-- grain: month
-- categories: hires = 本期新招 | hired; losses = 本期流失 | lost; expected = 下期预计增减 | change expected for the next period
-- overlap: yes
-- formula: 企业用工监测的本期新招、流失人数之和，以及填报了下期预计用工人数的企业的预计增减 | staff hired and lost in the period, and the change that employers expect for the next
-- source: 企业用工监测（人社厅函〔2022〕2号；通知第一项、第八项） | monitoring of employers' staff (Ren She Ting Han [2022] No. 2; notice, items 1 and 8)
select area, industry, period, 'hires' as category, sum(hires) as numerator, count(*) as units
from labour_shortage
group by all
union all
select area, industry, period, 'losses' as category, sum(losses) as numerator, count(*) as units
from labour_shortage
group by all
union all
select area, industry, period, 'expected' as category, sum(expected_staff - staff) as numerator,
    count(*) as units
from labour_shortage
where expected_staff is not null
group by all
