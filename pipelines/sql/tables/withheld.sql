-- A told figure of the city kept from the office of these areas: what is left without its own rests on too few.
create table if not exists withheld (
    areas varchar not null, indicator varchar not null, industry varchar not null, cohort varchar not null,
    grain varchar not null, period date not null, known_from timestamp not null
)
