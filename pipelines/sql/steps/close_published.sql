-- Versions in force in a published file that the warehouse has ended since the file's last edition.
update {published} as published
set known_to = ended.known_to
from {warehouse} as ended
where published.known_to is null and ended.known_to > $known and {same}
