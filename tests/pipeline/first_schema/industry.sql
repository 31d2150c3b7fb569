-- Sections and divisions of the industrial classification, the total and the unknown member.
create table if not exists industry (code varchar primary key, name varchar, level varchar, parent varchar)
