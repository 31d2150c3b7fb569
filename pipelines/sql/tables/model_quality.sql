-- How good the forecasts and judgements of an indicator were lately, in the eyes of the first edition of a month: a share
-- over the last 91 days, that of the year before, what it should be, how many independent sums it rests on, and whether
-- it drifted away by more than chance; then with a sentence.
create table if not exists model_quality (
    edition_id varchar not null, day date, indicator varchar, area varchar, figure varchar, value double, before double,
    expected double, sums double, is_drift boolean, sentence varchar
)
