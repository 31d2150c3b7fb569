-- What a provisional reading will probably be once everybody has reported, in the eyes of one edition: likely value with
-- the range of eight in ten, from so many past provisional readings of settled periods.
create table if not exists nowcast (
    edition_id varchar not null, made_on date, indicator varchar, area varchar, industry varchar, cohort varchar,
    grain varchar, period date, value double, reporting integer, due integer, likely double, lo double, hi double,
    samples integer
)
