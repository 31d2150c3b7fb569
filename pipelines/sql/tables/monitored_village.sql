-- One monitored village in one week: who is away for work and where, who left, who returned.
create table if not exists monitored_village (
    drop_id varchar not null, line_number integer not null, village varchar, village_name varchar, area varchar,
    kind varchar, surveyed_on date, households integer, labour integer, away integer, away_town integer,
    away_county integer, away_city integer, away_province integer, away_abroad integer, local_jobs integer,
    farming integer, idle integer, prev_away integer, departed integer, returned integer, return_reason varchar,
    returned_jobless integer, returned_business integer, returned_idle integer, wage double, unpaid_cases integer,
    away_before integer
)
