-- 已发布的现行读数与库中不符 (published readings differ from the warehouse)
select count(*) as number
from (
    (select {reading} from main.reading where known_to is null
     except select {reading} from restricted.reading where known_to is null)
    union all
    (select {reading} from restricted.reading where known_to is null
     except select {reading} from main.reading where known_to is null)
) as difference
