-- A condition: the general file tells the cell.
exists (select 1 from general.reading as g where g.known_to is null and {same})
