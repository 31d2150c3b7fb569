-- Passengers into and out of an area in a day by transport operators' counts; no person, no ticket.
create table if not exists transport_mobility (
    drop_id varchar not null, line_number integer not null, area varchar, moved_on date, direction varchar,
    other_place varchar, mode varchar, persons integer, movement varchar
)
