-- What may be shown of refused rows: their cells, and what sentences name beside them.
with row as (
    select *, {texts} from refused
), seen as (
    select *, {is_slipped} as is_slipped from row
)
select {cells} as cells, {details} as details from seen order by place
