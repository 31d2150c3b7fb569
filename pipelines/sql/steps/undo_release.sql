-- What this edition wrote of a table goes.
delete from {target}
where indicator = $indicator and cohort = $cohort and grain = $grain and period = $period and {since} = $cutoff_at
