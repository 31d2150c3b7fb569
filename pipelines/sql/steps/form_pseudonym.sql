-- A pseudonym for each identity number, in the same order.
select {pseudonym} as person from fresh
