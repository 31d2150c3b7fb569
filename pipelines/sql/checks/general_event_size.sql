-- 公开文件的政策与停产事项含有岗位数或企业数 (a policy event of the general file tells jobs or employers)
select count(*) as number
from general.announced_event
where jobs is not null or employers is not null
