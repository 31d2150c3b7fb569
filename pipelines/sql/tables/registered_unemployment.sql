-- Registered unemployed and urban employed of one area at month end; is_yearly: employed is a yearly figure.
create table if not exists registered_unemployment (
    drop_id varchar not null, line_number integer not null, area varchar, period date, registered integer,
    employed integer, is_yearly boolean
)
