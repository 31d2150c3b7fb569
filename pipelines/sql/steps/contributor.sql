-- Who brought what was seen in the windows wanted (view contribution: member, area, industry, day, people): the $most that
-- brought at least $least people beyond what they usually bring in as long a window since history_from, the largest first,
-- and with place 0 all others together, whose usual is unknown where that of one of them is. $usual: by 'day' since data
-- begin, by each member's own 'form' (of $form_days days, collected on any of them), or 'none'.
with cell as (
    select wanted.number, told.area, told.industry
    from wanted
    join (select distinct area, industry from contribution) as told
        on wanted.area in (told.area, $city) and wanted.industry in (told.industry, 'ALL')
),
brought as (
    select
        wanted.number, contribution.member,
        sum(case when contribution.day >= wanted.window_from then contribution.people else 0 end) as observed,
        sum(case when contribution.day < wanted.window_from then contribution.people else 0 end) as earlier,
        count(distinct case
            when $usual = 'form' and contribution.day < wanted.window_from
                then floor((date_diff('day', contribution.day, wanted.window_from) - 1) / nullif($form_days, 0))
        end) as forms
    from wanted
    join cell on wanted.number = cell.number
    join contribution on cell.area = contribution.area and cell.industry = contribution.industry
        and contribution.day between wanted.history_from and wanted.until
    group by wanted.number, contribution.member
),
reached as (
    select min(day) as first_on
    from contribution
),
compared as (
    select
        brought.number, brought.member, brought.observed,
        case
            when $usual = 'none' then 0.0
            when $usual = 'form' then brought.earlier * wanted.periods / nullif(brought.forms, 0)
            else brought.earlier * wanted.periods / nullif(
                date_diff('day', greatest(wanted.history_from, reached.first_on), wanted.window_from), 0
            )
        end as expected
    from brought
    join wanted on brought.number = wanted.number
    cross join reached
),
ranked as (
    select
        number, member, observed, expected, row_number() over (
            partition by number
            order by case when member is not null and observed - expected >= $least then 0 else 1 end,
                observed - expected desc nulls last, member
        ) as nth,
        member is not null and coalesce(observed - expected >= $least, false) as is_named
    from compared
)
select
    number, case when is_named and nth <= $most then nth else 0 end as place,
    case when is_named and nth <= $most then member end as member,
    cast(sum(observed) as double) as observed,
    case
        when $usual <> 'none' and count(expected) = count(*) then cast(sum(cast(expected as decimal(18, 6))) as double)
    end as expected
from ranked
group by 1, 2, 3
order by number, case when place = 0 then 1 else 0 end, place
