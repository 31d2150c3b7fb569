-- Registered unemployed of one area at month end by how long they have been so.
create table if not exists long_term_unemployment (
    drop_id varchar not null, line_number integer not null, area varchar, period date, registered integer,
    over_six_months integer, over_twelve_months integer
)
