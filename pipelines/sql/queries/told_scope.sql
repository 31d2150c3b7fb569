-- What has ever been published: indicator, cohort, grain and industry of readings, and whether an expectation was told
-- beside.
-- unwatched: names of series
select distinct
    told.indicator, told.cohort, told.grain, told.industry, scored.indicator is not null as is_scored
from reading as told
left join (select distinct indicator, cohort, industry from score_history) as scored
    on
        scored.indicator = told.indicator and scored.cohort = told.cohort and scored.industry = told.industry
order by told.indicator, told.cohort, told.grain, told.industry
