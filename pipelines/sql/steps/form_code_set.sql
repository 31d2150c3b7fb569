-- The distinct cells of several codes: the codes sorted, which of them are unknown, the days on which all hold.
-- A title may hold a separator itself (农、林、牧、渔业): the whole cell is tried first.
create or replace temp table code_set as
with cell as (
    select distinct {text} as text from cells where text is not null
), part as (
    select cell.text,
        unnest(
            case when lookup_code.code is not null then [cell.text]
            else regexp_split_to_array(cell.text, {separators}) end
        ) as part
    from cell
    left join lookup_code on lookup_code.list = {code_list} and lookup_code.alias = cell.text
), word as (
    select text, trim(part, {blanks}) as word from part
)
select text,
    case when count(code) = count(*) then string_agg(distinct code, ';' order by code) end as codes,
    string_agg(distinct word, '、' order by word) filter (where code is null) as unknown,
    max(valid_from) as valid_from, min(valid_to) as valid_to,
    string_agg(distinct code || ' ' || {validity}, '、') as validity
from word
left join lookup_code on lookup_code.list = {code_list} and lookup_code.alias = word
where word <> ''
group by text
