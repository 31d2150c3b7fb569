-- The first period of each indicator and grain that this edition computes.
create or replace temp table recomputed as
select cast(indicator as varchar) as indicator, cast(grain as varchar) as grain, cast(since as date) as since
from starts
