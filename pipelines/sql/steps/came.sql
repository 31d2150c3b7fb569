-- Of warnings that reports lack (lacking, by number): those of whose slots one has come since they were judged last.
select distinct lacking.number
from lacking
join roster on list_contains(lacking.feeds, roster.feed) and roster.area = lacking.area
where roster.received_at > lacking.since and roster.received_at <= $cutoff_at
    and roster.status in ('reported', 'late')
    and roster.known_from <= $cutoff_at and (roster.known_to is null or roster.known_to > $cutoff_at)
order by lacking.number
