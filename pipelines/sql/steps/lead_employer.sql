-- Employers with enough leaves in the window, with those of each block.
select employer, block, count(*) as leavers
from lead_leave
where employer in (select employer from lead_leave where block = 0 group by employer having count(*) >= $least)
group by employer, block
order by employer, block
