-- Persons who crossed an area's border in a day by telecom operators' counts; no person, no device.
create table if not exists telecom_mobility (
    drop_id varchar not null, line_number integer not null, area varchar, moved_on date, direction varchar,
    other_place varchar, persons integer, movement varchar
)
