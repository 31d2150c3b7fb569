-- title: 企业的主要困难 | Main difficulties of employers
-- unit: employers
-- units: employers
-- grain: month
-- categories: difficulty
-- overlap: yes
-- formula: 填报该项困难的监测企业数；一个企业可填多项 | employers monitored for shortages that name the difficulty; one may name several
-- source: 企业用工监测（人社厅函〔2022〕2号；通知第一项、第八项） | monitoring of employers' staff (Ren She Ting Han [2022] No. 2; notice, items 1 and 8)
select shortage.area, shortage.industry, shortage.period, listed.code as category, count(*) as numerator,
    count(*) as units
from labour_shortage as shortage
join listed_code as listed
    on listed.list = 'difficulty' and strpos(';' || shortage.difficulties || ';', ';' || listed.code || ';') > 0
group by all
