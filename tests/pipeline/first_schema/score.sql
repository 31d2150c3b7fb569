-- How improbable the last periods of a series were in the eyes of one edition: observed and expected sums of a window.
create table if not exists score (
    edition_id varchar not null, day date, indicator varchar, area varchar, industry varchar, cohort varchar,
    grain varchar, window_periods integer, window_from date, data_to date, observed double, expected double,
    variance double, p double, level_mean double, factor_mean double
)
