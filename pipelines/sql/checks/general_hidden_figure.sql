-- 公开文件的抑制单元仍有数值 (a suppressed cell still has a number)
select count(*) as number
from general.reading
where is_suppressed and (value is not null or numerator is not null or denominator is not null)
