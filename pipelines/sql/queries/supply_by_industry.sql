-- One area's demand and shortage by industry in one month and in the one a year before, sections only, largest first.
-- watched: numerator, units, before_numerator
select
    now.indicator, now.industry, now.numerator, now.value, now.units, now.is_provisional, now.is_suppressed,
    before.value as before_value, before.numerator as before_numerator
from reading as now
left join reading as before
    on before.indicator = now.indicator and before.area = now.area and before.industry = now.industry
    and before.grain = 'month' and before.cohort = 'all' and before.period = $before
join industry on industry.code = now.industry and industry.level in ('section', 'unknown')
where now.area = $area and now.grain = 'month' and now.cohort = 'all' and now.period = $month
    and now.indicator in ('vacancy', 'labour_shortage_rate')
order by now.indicator, now.numerator desc nulls last, now.industry
