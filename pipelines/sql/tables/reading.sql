-- The value of one series in one period, what its largest and second largest unit bring (the second of respondents only;
-- NULL in rows of before there was the column), as known from known_from until known_to (cut-offs of editions, UTC).
create table if not exists reading (
    indicator varchar not null, area varchar not null, industry varchar not null, cohort varchar not null,
    grain varchar not null, period date not null, numerator double, denominator double, value double, units integer,
    largest_unit double, reporting integer, due integer, is_provisional boolean, is_suppressed boolean,
    known_from timestamp not null, known_to timestamp,
    second_unit double
)
