-- What has ever been published: indicator, cohort and grain of readings, and whether an expectation was told beside.
select distinct
    told.indicator, told.cohort, told.grain, scored.indicator is not null as is_scored
from reading as told
left join (select distinct indicator, cohort from score_history) as scored
    on scored.indicator = told.indicator and scored.cohort = told.cohort
order by told.indicator, told.cohort, told.grain
