-- Refused rows, with the line of the file, the column, the rule and what to do; identity and name masked by column.
create table if not exists quarantine (
    drop_id varchar not null, line_number integer not null, column_name varchar, rule varchar not null,
    value_masked varchar, reason varchar not null, reason_en varchar not null, raw_masked varchar
)
