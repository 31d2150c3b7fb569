-- Facts about the published file itself.
create table if not exists manifest (key varchar primary key, value varchar)
