-- A condition: this figure of the city is kept from the office, which would subtract its own.
(t.indicator, t.industry, t.cohort, t.grain, t.period, t.known_from) in (
    select (w.indicator, w.industry, w.cohort, w.grain, w.period, w.known_from)
    from restricted.withheld as w
    where w.areas = {areas}
)
