-- How many rows the published file and the rebuilt warehouse do not have in common.
select count(*) as number
from (
    (select {columns} from {published} except select {columns} from {warehouse})
    union all
    (select {columns} from {warehouse} except select {columns} from {published})
) as difference
