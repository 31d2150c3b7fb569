-- How many facts of a file, lines included, another generation of it has otherwise.
select count(*) as number
from (
    (
        select {columns} from reread where drop_id = $name
        except all
        select {columns} from {facts} where drop_id = $old
    )
    union all
    (
        select {columns} from {facts} where drop_id = $old
        except all
        select {columns} from reread where drop_id = $name
    )
) as difference
