-- What another source says of an open warning in one edition: agrees, disagrees, unclear, silent. by_industry: the series
-- it speaks of; strength: standard deviations beyond its usual (restricted file only); agreement: what all sources of the
-- warning together say: single, corroborated, consistent, conflicting (steps/agreement.sql).
create table if not exists corroboration (
    edition_id varchar not null, day date, episode_id varchar, area varchar, industry varchar, source varchar,
    by_indicator varchar, by_industry varchar, says varchar, strength double, data_to date, agreement varchar
)
