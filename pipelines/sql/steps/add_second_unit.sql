-- Published editions of before form 9 lack second_unit; a warehouse that was rebuilt since has it for the same readings.
update restricted.reading as published
set second_unit = made.second_unit
from main.reading as made
where published.known_to is null and made.known_to is null and published.second_unit is null
    and made.second_unit is not null and published.indicator = made.indicator and published.area = made.area
    and published.industry = made.industry and published.cohort = made.cohort and published.grain = made.grain
    and published.period = made.period and published.known_from = made.known_from
