-- The catalogue, read from the headers of pipelines/sql/indicators.
create table if not exists indicator (
    indicator varchar primary key, title_zh varchar, title_en varchar, unit varchar, worse varchar, grains varchar,
    clock varchar, by_dims varchar, formula varchar, source varchar, feed varchar, is_ratio boolean, scale double
)
