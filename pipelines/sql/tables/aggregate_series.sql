-- Figures somebody else has already added up: a province, a statistics office.
create table if not exists aggregate_series (
    drop_id varchar not null, line_number integer not null, indicator varchar, area varchar, industry varchar,
    cohort varchar, occupation varchar, period date, grain varchar, value double, numerator double, denominator double,
    unit varchar, adjustment varchar, is_suppressed boolean, figure_id varchar
)
