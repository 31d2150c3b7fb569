-- An early warning, its machine side, as known from known_from until known_to (cut-offs of editions, UTC). rule_hash: of
-- the rule as it judged the evidence that is shown.
create table if not exists episode (
    episode_id varchar not null, rule_id varchar, kind varchar, indicator varchar, area varchar, industry varchar,
    employer varchar, employer_name varchar, level integer, status varchar, opened_on date, changed_on date,
    closed_on date, close_reason varchar, window_from date, window_to date, data_to date, observed double,
    expected double, lo double, hi double, p double, people double, line double, observed_band varchar,
    people_band varchar, quiet_periods integer, judged_to date, known_from timestamp not null, known_to timestamp,
    rule_hash varchar
)
