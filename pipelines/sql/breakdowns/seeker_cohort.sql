-- title: 求职人数，按人员类别 | Job seekers by group of people
-- unit: persons
-- units: persons
-- grain: month
-- categories: cohort
-- overlap: yes
-- formula: 当月求职登记人数，按人员类别分；一人可属多类 | job seekers registered in the month, by group of people; one may belong to several
-- source: 公共就业服务市场供求统计（人社厅函〔2022〕2号） | supply and demand statistics of the public employment service (Ren She Ting Han [2022] No. 2)
select
    seeker.area, date_trunc('month', seeker.registered_on) as period, listed.code as category, count(*) as numerator,
    count(*) as units
from job_seeker as seeker
join listed_code as listed
    on listed.list = 'cohort' and strpos(';' || seeker.cohorts || ';', ';' || listed.code || ';') > 0
group by all
