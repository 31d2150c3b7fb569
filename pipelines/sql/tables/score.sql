-- How improbable the last periods of a series were in the eyes of one edition: observed and expected people of a window
-- (of a ratio its numerator, the rates beside it); is_provisional: not all that was due in it has been reported;
-- reason: the part of the calendar that brings most of factor_mean, empty where it has no such parts.
create table if not exists score (
    edition_id varchar not null, day date, indicator varchar, area varchar, industry varchar, cohort varchar,
    grain varchar, window_periods integer, window_from date, data_to date, observed double, expected double,
    variance double, p double, strength double, state varchar, level_mean double, factor_mean double,
    is_provisional boolean, rate double, rate_expected double,
    reason varchar
)
