-- Of warnings (evidence, by number) a score opened or renewed: how many periods its window has, and whether every area
-- that ever told a period of it still does: what is withdrawn and not told anew takes no reason away.
with spanned as (
    select evidence.number, max(score.window_periods) as window_periods
    from evidence
    join score on score.cohort = $cohort and score.indicator = evidence.indicator and score.area = evidence.area
        and score.industry = evidence.industry and score.window_from = evidence.window_from
        and score.data_to = evidence.data_to
    where list_contains($indicators, score.indicator)
    group by evidence.number
),
counted as (
    select evidence.number, max(reading.reporting) as most,
        max(reading.reporting) filter (where reading.known_to is null or reading.known_to > $cutoff_at) as now
    from evidence
    join reading on reading.indicator = evidence.indicator and reading.grain = evidence.grain
        and (reading.area = evidence.area or evidence.area = $city)
        and reading.period between evidence.window_from and evidence.data_to
    where reading.industry = $total and reading.cohort = $cohort and reading.known_from <= $cutoff_at
        and list_contains($indicators, reading.indicator)
    group by evidence.number, reading.area, reading.period
)
select number, any_value(window_periods) as window_periods, bool_and(coalesce(now, 0) >= most) as is_whole
from spanned
join counted using (number)
group by number
order by number
