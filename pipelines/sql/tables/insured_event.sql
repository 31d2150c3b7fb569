-- One insured person joining or leaving an employer; person is a keyed pseudonym.
create table if not exists insured_event (
    drop_id varchar not null, line_number integer not null, event_id varchar, reverses_event_id varchar, person varchar,
    sex varchar, birth_year integer, employer varchar, area varchar, industry varchar, division varchar,
    direction varchar, reason varchar, is_risk boolean, effective_on date, filed_on date
)
