-- 读数的地区不在地区表中 (a reading's area is unknown)
select count(*) as number
from restricted.reading
where area not in (select code from restricted.place)
