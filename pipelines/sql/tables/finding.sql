-- One rule met by one series or record on one day. level_alone: the level without what other sources say of it;
-- waits_for: why it opens no warning yet (more periods, the end of a cool-down). rule_hash: of the rule as it judged.
create table if not exists finding (
    edition_id varchar not null, day date, rule_id varchar, kind varchar, indicator varchar, area varchar,
    industry varchar, employer varchar, employer_name varchar, level integer, window_from date, window_to date,
    data_to date, observed double, expected double, lo double, hi double, p double, strength double, people double, line double,
    explained_by varchar, evidence varchar, level_alone integer, waits_for varchar,
    rule_hash varchar
)
