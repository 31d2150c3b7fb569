-- Each typed row: bits of what is wrong between its cells, the hash of its key, the columns a contract derives.
with named as (
    select {named} from typed
)
select cast({fails} as bigint) as fails, {columns} from named
