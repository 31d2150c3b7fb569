-- A table (indicator and cohort) of one period as it was told to the general audience, at the cut-off of an edition, UTC.
create table if not exists release (
    indicator varchar not null, cohort varchar not null, grain varchar not null, period date not null,
    released_at timestamp not null
)
