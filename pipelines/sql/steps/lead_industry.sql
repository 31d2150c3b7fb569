-- Leaves of all employers by industry and block: what is usual where an employer's own history is short.
select industry, block, count(*) as leavers
from lead_leave
group by industry, block
order by industry, block
