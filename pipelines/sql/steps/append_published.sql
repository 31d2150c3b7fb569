-- Versions that are known since a published file's last edition.
insert into {published} by name
select {columns}
from {source}
where known_from > $known
