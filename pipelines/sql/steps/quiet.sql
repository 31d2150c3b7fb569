-- Of warnings (evidence, by number): the last period after judged_to, and how many, that every area told which had told
-- the window of the evidence. A total that lacks one of them has not been seen to be quiet, nor is an area quiet that
-- tells of nobody on a workday though on workdays before the evidence it told of more than a few: its system is down.
with seen as (
    select
        evidence.number, evidence.grain, evidence.window_from, evidence.data_to, evidence.judged_to, reading.area,
        reading.period, reading.value, evidence.grain = 'day' and list_contains($workdays, reading.period) as is_workday
    from evidence
    join reading on reading.indicator = evidence.indicator and reading.grain = evidence.grain
        and (reading.area = evidence.area or evidence.area = $city)
        and reading.period between evidence.usual_from and evidence.until
    where reading.industry = $total and reading.cohort = $cohort and reading.value is not null
        and reading.period >= $since and list_contains($indicators, reading.indicator)
        and reading.known_from <= $cutoff_at and (reading.known_to is null or reading.known_to > $cutoff_at)
),
usual as (
    select number, area, avg(value) as value
    from seen
    where period < window_from and is_workday
    group by number, area
),
told as (
    select seen.number, seen.data_to, seen.judged_to, seen.area, seen.period
    from seen
    left join usual on usual.number = seen.number and usual.area = seen.area
    where seen.period >= seen.window_from
        and (seen.value <> 0 or coalesce(usual.value, 0) <= $few or not seen.is_workday)
),
member as (select distinct number, area from told where period <= data_to),
size as (select number, count(*) as areas from member group by number),
whole as (
    select told.number, told.period
    from told
    join member using (number, area)
    where told.period > told.judged_to
    group by told.number, told.period
    having count(*) = (select areas from size where size.number = told.number)
)
select number, max(period) as period, count(*) as periods
from whole
group by number
order by number
