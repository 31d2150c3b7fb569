-- Rows of what the register of the warehouse names (editions, files) and that of the published file does not.
insert into {published} by name
select *
from {warehouse}
where {key} in (select {key} from {register} where {key} not in (select {key} from {published_register}))
