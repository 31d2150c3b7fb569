-- A rate of the city is withheld where the count that it is made of is.
insert into restricted.withheld by name
select distinct $office as areas, c.*
from told_of_city as c
join restricted.withheld as w
    on w.areas = $office and w.indicator = $count and w.cohort = c.cohort and w.grain = c.grain
    and w.industry = c.industry and w.period = {period}
where c.indicator = $rate
