-- Readings as they are computed, before they are compared with what was known. Not made from a query: inside a transaction
-- DuckDB 2.0.0 does not see the rows of more than a row group (122,880) in a table that a query without rows has made.
create or replace temp table fresh ({columns})
