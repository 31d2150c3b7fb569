-- Where the count of a tag is zero unless a fact says otherwise: an area that reported and was an area then.
insert into tagged
select reported.area, tag.tag, reported.period, 0, null, 0, null, null
from reported
join unit_life
    on unit_life.code = reported.area and reported.period between unit_life.valid_from and unit_life.valid_to
cross join (select distinct tag from tag_division) as tag
where reported.feed = $feed and reported.period >= $start
