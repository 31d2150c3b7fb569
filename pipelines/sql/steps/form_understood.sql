-- The distinct cells of a column: value, companions, the columns of the fact, and whether the cell alone is wrong.
with cell as (
    select place, until, {text} as {raw} from cells
), typed as (
    select place, {raw}, {value} from {source}
)
select * exclude (place, {raw}), {columns} from typed order by place
