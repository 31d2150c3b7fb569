-- All rows of a table go.
delete from {target}
