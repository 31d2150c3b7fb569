-- Rows of a feed whose key a supplement says anew: of each key the row of the highest layer speaks.
insert into overridden
select drop_id, line_number
from (
    select
        fact.drop_id, fact.line_number,
        row_number() over (
            partition by in_force.sender, in_force.period, fact.{key}
            order by in_force.layer desc, fact.line_number desc
        ) as place
    from {table} as fact
    join in_force on in_force.drop_id = fact.drop_id
    join (select distinct sender, period from in_force where feed = $feed and layer > 0) as supplemented
        on supplemented.sender = in_force.sender and supplemented.period = in_force.period
    where in_force.feed = $feed and fact.{key} is not null
) as said
where place > 1
