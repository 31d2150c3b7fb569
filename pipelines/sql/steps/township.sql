-- One monitored village of each township, by which it can be called.
select substring(village, 1, 9) as township, min(village_name) as village_name
from monitored_village_in_force
where list_contains($codes, substring(village, 1, 9))
group by 1
