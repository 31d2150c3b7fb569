-- Rules as reference data, one row a rule and level; status says whether its indicator exists at all.
create table if not exists rule (
    rule_id varchar, title varchar, kind varchar, indicator varchar, scope varchar, level integer, p_max double,
    min_ratio double, min_people double, line double, margin double, min_base double, window_days integer,
    leave_after integer, basis varchar, effective_from date, effective_to date, is_enabled boolean, status varchar
)
