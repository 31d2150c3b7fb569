-- The place of each unit among those that reported a month in full, 1 = worst; of ratios only, for counts follow size.
select r.indicator, r.area, r.period,
    rank() over (
        partition by r.indicator, r.period order by case when i.worse = 'lower' then r.value else -r.value end
    ) as place,
    count(*) over (partition by r.indicator, r.period) as areas
from {reading} as r
join {indicator} as i on r.indicator = i.indicator
join {place} as p on r.area = p.code and p.level = 'unit'
where i.is_ratio and r.industry = 'ALL' and r.cohort = 'all' and r.grain = 'month' and not r.is_provisional
    and r.value is not null
