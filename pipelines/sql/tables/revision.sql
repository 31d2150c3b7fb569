-- A reading of a period that was over and had been told, and that says something else since this edition, and why:
-- arrived (on time), late, corrected, supplemented, withdrawn, confirmed, reread, reversed, recomputed; commas between.
create table if not exists revision (
    edition_id varchar not null, day date, indicator varchar, area varchar, industry varchar, cohort varchar,
    grain varchar, period date, value_before double, value double, is_provisional boolean, reason varchar,
    files varchar
)
