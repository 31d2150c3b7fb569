-- Runs that have been computed; cutoff_at UTC.
create table if not exists edition (edition_id varchar primary key, day date, number integer, cutoff_at timestamp)
