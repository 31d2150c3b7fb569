-- The city's figures that were told since an instant.
create or replace temp table told_of_city as
select indicator, industry, cohort, grain, period, known_from
from general.reading
where area = $city and not is_suppressed and known_from > $known
