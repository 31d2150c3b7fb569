-- What an indicator's SQL says of one figure, with the lines of each row.
create or replace temp table traced as
select *
from (
    select answer.* exclude (period), cast(answer.period as date) as period
    from ({indicator}) as answer
) as dated
where {truncated} = $period and {own_area} and {own_industry}
