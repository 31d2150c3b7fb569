-- Expected value and interval of coming periods, and the day it was made.
create table if not exists forecast (
    edition_id varchar not null, made_on date, indicator varchar, area varchar, industry varchar, cohort varchar,
    grain varchar, period date, horizon integer, expected double, lo80 double, hi80 double, lo95 double, hi95 double
)
