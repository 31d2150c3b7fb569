-- Refused rows, with the line of the file, the column and a sentence that says how to mend it; identity columns masked.
create table if not exists quarantine (
    drop_id varchar not null, line_number integer not null, column_name varchar, reason varchar not null, raw_masked varchar
)
