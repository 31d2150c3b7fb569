-- Everybody may know which hidden cells were told before they were revised.
insert into general.suppression by name
select *
from restricted.suppression
where reason = 'revised' and known_from > $known
