-- Scores (table judged, by their place) in whose window some reading lacks reports that are due.
select distinct judged.place
from judged
join reading
    on reading.indicator = judged.indicator and reading.area = judged.area and reading.industry = judged.industry
    and reading.cohort = judged.cohort and reading.grain = judged.grain
    and reading.period >= judged.window_from and reading.period <= judged.data_to
where reading.known_to is null and reading.is_provisional
