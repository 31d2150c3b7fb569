-- A reading that no longer holds ends with this edition.
update reading
set known_to = $cutoff_at
from reading_gone
where reading.known_to is null and reading.indicator = reading_gone.indicator and reading.area = reading_gone.area
    and reading.industry = reading_gone.industry and reading.cohort = reading_gone.cohort
    and reading.grain = reading_gone.grain and reading.period = reading_gone.period
