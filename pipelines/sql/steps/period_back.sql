-- An expression: the period of the shared count, from that of the rate in the relation.
{relation}.period - case {relation}.grain
    when 'week' then {back} * interval 7 day
    when 'month' then {back} * interval 1 month
    else {back} * interval 3 month
end
