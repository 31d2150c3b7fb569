-- What this edition ended of a table is told as before.
update general.reading
set known_to = null
where indicator = $indicator and cohort = $cohort and grain = $grain and period = $period and known_to = $cutoff_at
