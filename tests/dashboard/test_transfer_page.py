"""The page of labour transfer: weeks compared at the same distance from the festival, figures of the viewer's areas."""

import json
from datetime import date

import pytest

from dashboard.locale import count, text
from dashboard.summary.comparison import change_words
from dashboard.summary.villages import counterpart, counterpart_week
from pipelines.core.domain import Viewer
from tests.dashboard.asked import page_asked, signed_in
from tests.dashboard.published_city import City
from tests.dashboard.published_more import AWAY, WEEKS, away, mondays
from tests.dashboard.site import AUDITOR, LEADER, Site, head_of

pytestmark = pytest.mark.xdist_group("transfer_page")
OWN = "371503"
FESTIVALS = [
    date(2018, 2, 16), date(2019, 2, 5), date(2020, 1, 25), date(2021, 2, 12), date(2022, 2, 1), date(2023, 1, 22),
    date(2024, 2, 10), date(2025, 1, 29), date(2026, 2, 17),
]  # fmt: skip


def said_to(site: Site, viewer: Viewer, path: str = "/transfer", query: str = "") -> str:
    status, _, body = page_asked(path, query).of(signed_in(site, viewer))
    assert status == 200
    return json.dumps(json.loads(body), ensure_ascii=False)


@pytest.mark.parametrize(
    ("day", "compared_with"),
    [
        (date(2019, 2, 5), date(2018, 2, 16)),  # the festival itself
        (date(2020, 1, 20), date(2019, 1, 31)),  # five days before
        (date(2021, 3, 14), date(2020, 2, 24)),  # thirty days after
        (date(2022, 1, 2), date(2021, 1, 13)),  # the first day that counts, thirty before
        (date(2022, 1, 1), date(2021, 1, 2)),  # a day earlier: the same weekday
        (date(2023, 3, 23), date(2022, 4, 2)),  # the last that counts, sixty after
        (date(2023, 3, 24), date(2022, 3, 25)),
        (date(2024, 2, 10), date(2023, 1, 22)),
        (date(2025, 2, 15), date(2024, 2, 27)),
        (date(2026, 10, 26), date(2025, 10, 27)),
        (date(2018, 2, 16), date(2017, 2, 17)),  # no festival before it is known
    ],
)
def test_a_day_is_compared_at_the_same_distance_from_the_festival(day: date, compared_with: date) -> None:
    assert counterpart(day, FESTIVALS) == compared_with
    if compared_with == date(2017, 2, 17):
        return
    week = counterpart_week(day, FESTIVALS)
    assert week.weekday() == 0
    assert abs((week - compared_with).days) <= 3


def test_a_region_without_the_festival_compares_the_same_weekday() -> None:
    assert counterpart(date(2026, 2, 17), []) == date(2025, 2, 18)


def test_each_area_shows_who_is_away_and_the_year_before(site: Site, city: City) -> None:
    body = said_to(site, LEADER)
    week, before = WEEKS - 1, mondays().index(counterpart_week(mondays()[-1], FESTIVALS))
    assert before == WEEKS - 1 - 52
    for place in range(len(city.units)):
        now, then = away(place, week), away(place, before)
        for shown in (f"{count(now)} {text('persons')}", change_words(now, then, "persons", is_ratio=False)):
            assert shown in body
    whole = sum(away(place, week) for place in range(len(city.units)))
    assert f"{count(whole)} {text('persons')}" in body
    assert count(round(AWAY["outworking_other_province"] * away(0, week))) in body


def test_weeks_around_the_festival_stand_side_by_side(site: Site, city: City) -> None:
    body = said_to(site, LEADER, query=f"area={OWN}")
    place = city.units.index(OWN)
    days = mondays()
    for year, festival in ((2025, date(2025, 1, 29)), (2026, date(2026, 2, 17))):
        monday = min(days, key=lambda one: abs((one - festival).days + 3))
        assert count(away(place, days.index(monday))) in body
        assert text("{year}", year=year) in body


def test_an_office_sees_the_city_and_its_own_area_alone(site: Site, city: City) -> None:
    body = said_to(site, head_of(OWN))
    assert city.names[OWN] in body
    assert not [code for code in city.units if code != OWN and (code in body or city.names[code] in body)]
    assert text("This page does not exist") in said_to(site, head_of(OWN), query="area=371502")


def test_no_more_than_six_charts_and_the_public_may_look(site: Site) -> None:
    for viewer in (LEADER, AUDITOR):
        assert 1 <= said_to(site, viewer).count('"data-figure"') <= 6


def test_townships_of_an_area_are_told_to_the_bureau_and_its_office_alone(site: Site) -> None:
    query = f"area={OWN}"
    for viewer in (LEADER, head_of(OWN)):
        said = said_to(site, viewer, query=query)
        assert said.index(f"{OWN}102") < said.index(f"{OWN}101")  # 40 of 240 returned, 10 of 120
        assert "16.7%" in said
        assert "8.3%" in said
    assert f"{OWN}101" not in said_to(site, AUDITOR, query=query)
    assert f"{OWN}101" not in said_to(site, LEADER)
