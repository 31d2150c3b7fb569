-- How good forecasts and judgements were when it was last looked at, and what has drifted.
-- unwatched: shares of judgements
select day, indicator, area, figure, value, before, expected, sums, is_drift, sentence
from model_quality_history
where day = (select max(day) from model_quality_history)
order by indicator, figure
