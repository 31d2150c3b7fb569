-- Rules as reference data, one row a rule and level; status says whether its indicator exists at all.
create table if not exists rule (
    rule_id varchar, title varchar, kind varchar, indicator varchar, scope varchar, level integer, min_strength double,
    min_ratio double, min_people double, line double, margin double, min_base double, window_days integer,
    leave_after integer, basis varchar, effective_from date, effective_to date, is_enabled boolean, status varchar,
    max_p double, window_periods integer, enter_k integer, enter_n integer, leave_line double, cool_down_days integer,
    raise_by integer, author varchar, approver varchar, cohort varchar, staff_least integer, staff_most integer, industries varchar
)
