-- The unemployment fund in one month, yuan; opening + income - expenditure = closing.
create table if not exists unemployment_fund (
    drop_id varchar not null, line_number integer not null, period date, opening double, income double,
    expenditure double, closing double, benefit double
)
