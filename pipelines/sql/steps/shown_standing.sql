-- A condition: said of weeks, months or quarters by the last edition up to the instant that said any of them.
t.grain in ('week', 'month', 'quarter') and (t.indicator, t.edition_id) in (
    select s.indicator, arg_max(s.edition_id, e.cutoff_at)
    from {table} as s
    join {edition} as e on s.edition_id = e.edition_id
    where e.cutoff_at <= {instant}
    group by s.indicator
)
