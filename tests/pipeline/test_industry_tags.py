"""Industry tags and townships through a real run: told, judged and forecast like industries, in no total and in no public file."""

from pathlib import Path

import duckdb
import pytest

from pipelines.core.domain import Role, Viewer
from pipelines.core.region import load as regions
from pipelines.published.read import read
from tests.conftest import LAST_EDITION
from tests.house import LIAOCHENG, House

CITY, OWN, OTHER = "371500", "371503", "371502"
DAY = LAST_EDITION.isoformat()
pytestmark = pytest.mark.xdist_group("cohort_run")


def of(house: House, sql: str) -> list[tuple[object, ...]]:
    with duckdb.connect(str(house.data / "warehouse.duckdb"), read_only=True) as con:
        return con.execute(sql).fetchall()


def test_a_tag_tells_the_people_whose_files_name_one_of_its_divisions(recent: House) -> None:
    told = of(recent, "select cast(sum(numerator) as integer) from reading where indicator = 'benefit_claim' "
                      "and industry = 'tag:overcapacity' and grain = 'month' and known_to is null "
                      f"and area = '{CITY}'")  # fmt: skip
    counted = of(
        recent, "select count(distinct claim_id) from benefit_claim where division in ('06', '25', '31', '32')"
    )
    assert told == counted
    of_areas = of(recent, "select cast(sum(numerator) as integer) from reading where indicator = 'benefit_claim' "
                          "and industry = 'tag:overcapacity' and grain = 'day' and known_to is null "
                          f"and area <> '{CITY}'")  # fmt: skip
    assert of_areas == counted


def test_every_indicator_by_industry_whose_files_name_divisions_is_told_of_tags(recent: House) -> None:
    named = {row[0] for row in of(recent, "select distinct indicator from reading where industry like 'tag:%'")}
    assert {"benefit_claim", "insured_leave", "insured_headcount", "vacancy", "job_loss_rate"} <= named
    assert "returning_labour" not in named
    tags = {row[0] for row in of(recent, "select distinct industry from reading where industry like 'tag:%'")}
    assert tags == set(regions.load(LIAOCHENG).tags)


def test_no_total_counts_a_tag(recent: House) -> None:
    differ = of(recent, "select count(*) from (select indicator, area, period, max(case when industry = 'ALL' then "
                        "numerator end) as whole, sum(case when industry <> 'ALL' then numerator end) as parts "
                        "from reading where indicator in ('benefit_claim', 'insured_headcount') and grain = 'month' "
                        "and cohort = 'all' and industry not like 'tag:%' and known_to is null group by all) "
                        "where whole <> parts")  # fmt: skip
    assert differ == [(0,)]


def test_tags_are_judged_and_forecast_at_the_grain_of_their_indicator(recent: House) -> None:
    judged = of(recent, "select count(distinct area), count(distinct industry), count(p) from score "
                        f"where industry like 'tag:%' and indicator = 'benefit_claim' and edition_id = '{DAY}.1' "
                        "and grain = 'day' and window_periods = 7")  # fmt: skip
    assert judged[0][:2] == (12, 12)
    assert judged[0][2]
    ahead = of(recent, "select horizon, expected, lo95, hi95 from forecast where industry = 'tag:textile' "
                       f"and indicator = 'benefit_claim' and area = '{CITY}' and edition_id = '{DAY}.1' "
                       "order by horizon")  # fmt: skip
    assert [row[0] for row in ahead] == list(range(7, 57, 7))
    assert all(lo <= expected <= hi for _, expected, lo, hi in ahead)  # type: ignore[operator]


def test_tags_are_for_the_bureau_and_the_office_concerned_and_in_no_public_file(recent: House) -> None:
    published = recent.data / "published"
    with duckdb.connect(str(Path(recent.restricted).with_name("general.duckdb")), read_only=True) as con:
        assert con.execute("select count(*) from reading where industry like 'tag:%'").fetchall() == [(0,)]
        assert con.execute("select count(*) from episode where industry like 'tag:%'").fetchall() == [(0,)]
    asked = {"industry": "tag:textile", "grain": "month", "since": LAST_EDITION.replace(year=2025)}
    leader, head = Viewer(Role.CITY_LEADER), Viewer(Role.COUNTY_HEAD, areas=frozenset({OWN}))
    assert len(read("series", leader, published=published, area=OTHER, **asked))
    assert len(read("series", head, published=published, area=OWN, **asked))
    assert read("series", head, published=published, area=OTHER, **asked).empty
    assert read("series", head, published=published, area=CITY, **asked).empty
    assert read("series", Viewer(Role.AUDITOR), published=published, area=CITY, **asked).empty


def test_the_lines_behind_a_tag_make_up_what_is_told_of_it(recent: House) -> None:
    period = of(recent, "select cast(max(period) as varchar) from reading where indicator = 'insured_leave' "
                        "and industry = 'tag:textile' and grain = 'month' and numerator > 0")[0][0]  # fmt: skip
    said = recent.gangshao(
        "trace", "insured_leave", str(period)[:7], "--area", CITY, "--industry", "tag:textile"
    ).stdout
    assert "一致 (the same)" in said


def test_the_townships_of_a_week_add_up_to_what_is_told_of_their_area(recent: House) -> None:
    differ = of(recent, "select count(*), count(case when told.numerator <> own.away then 1 end) from (select area, period, "
                        "sum(away) as away from township_labour where known_to is null group by all) as own "
                        "join reading as told on told.area = own.area and told.period = own.period and "
                        "told.known_to is null where told.indicator = 'outworking_labour' "
                        "and told.grain = 'week' and told.industry = 'ALL'")  # fmt: skip
    assert differ[0][0]
    assert differ[0][1] == 0
