-- One reason for which an employer is on its area's list of key employers, and the post that serves it; confidential,
-- restricted file only. period: the month of the list; to_on: when it was taken off, null while it stands.
create table if not exists listed_employer (
    employer varchar not null, employer_name varchar, area varchar, industry varchar, kind varchar not null,
    officer_post varchar, from_on date, to_on date, period date, known_from timestamp not null, known_to timestamp
)
