-- Areas of the region, in the order of the region's own list.
-- unwatched: names; residents of whole areas
select code, name, short_name, level, parent, county_view, residents, sort from place order by sort, code
