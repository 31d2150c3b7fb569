-- What each township brings to those who came home, by the day of its villages' weekly form: the first nine digits of a
-- village's code are its township's (统计用区划代码).
select substring(village, 1, 9) as member, area, 'ALL' as industry, surveyed_on as day, returned as people
from monitored_village_in_force
