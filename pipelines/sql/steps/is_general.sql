-- A condition over reading: a cell that the general file may tell. No daily readings, weekly ones for totals over industries
-- only: overlapping windows would give small cells away. No cohorts: they overlap, so that two of them and the total could
-- tell of a few people. What employers reported one by one has rows where there was a report: of the city alone, else a
-- row would say of whom. No tags of industries: they are parts of sections, and overlap.
cohort = {every_cohort} and industry not like 'tag:%' and grain <> 'day' and (grain = 'month' or industry = {every_industry})
and (
    indicator not in ({of_city})
    or (industry = {every_industry} and area in (select value from restricted.manifest where key = 'city'))
)
