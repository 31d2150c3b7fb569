-- Areas of the region: the city, its reporting units, the county view.
create table if not exists place (
    code varchar primary key, name varchar, short_name varchar, level varchar, parent varchar, county_view varchar,
    residents double, sort integer
)
