"""The page of supply and demand: the ratio, the industries short of people, where demand fell, what is not there."""

import json

import pandas as pd
import pytest

from dashboard.locale import count, month, text, value
from dashboard.summary.comparison import change_words
from pipelines.core.catalogue.breakdowns import breakdowns
from pipelines.core.domain import Viewer
from tests.dashboard.asked import page_asked, signed_in
from tests.dashboard.published_city import CITY, City, csv_rows
from tests.dashboard.published_parts import LOOKING, categories, figure
from tests.dashboard.site import AUDITOR, LEADER, Site, head_of

pytestmark = pytest.mark.xdist_group("supply_page")
OWN = "371503"


def said_to(site: Site, viewer: Viewer, query: str = "") -> str:
    status, _, body = page_asked("/supply-demand", query).of(signed_in(site, viewer))
    assert status == 200
    return json.dumps(json.loads(body), ensure_ascii=False)


def between(body: str, first: str, last: str) -> str:
    """The part of a page from the first place where one thing is said to the first after it where another is."""
    start = body.index(first)
    return body[start : body.index(last, start)]


def of_month(city: City, indicator: str, area: str, period: str) -> pd.DataFrame:
    rows = city.frames["reading"]
    rows = rows[(rows["indicator"] == indicator) & (rows["area"] == area) & (rows["grain"] == "month")]
    return rows[rows["period"].astype(str) == period].set_index("industry")


def test_the_title_says_whether_there_are_more_posts_than_people(site: Site, city: City) -> None:
    last = of_month(city, "vacancy_seeker_ratio", CITY, "2026-10-01").loc["ALL"]
    said = text(
        "{month}: {ratio} posts for each person looking for one, more posts than people",
        month=month(last["period"]), ratio=value(last["value"], "ratio"),
    )  # fmt: skip
    assert last["value"] > 1
    assert said in said_to(site, LEADER)
    posts = text("{posts} posts, {people} people looking for one", posts=count(last["numerator"]),
                 people=count(last["denominator"]))  # fmt: skip
    assert posts in said_to(site, AUDITOR)


def test_industries_short_of_people_come_in_their_order(site: Site, city: City) -> None:
    for viewer, area in ((LEADER, CITY), (head_of(OWN), OWN)):
        rows = of_month(city, "labour_shortage_rate", area, "2026-10-01").drop(index="ALL")
        body = said_to(site, viewer, f"area={area}")
        part = between(body, text("Posts unfilled"), text("Posts offered"))
        ordered = rows.sort_values("numerator", ascending=False)
        places = [part.index(f"/industry/{code}") for code in ordered.index]
        assert places == sorted(places)
        for row in ordered.itertuples():
            assert f'"{count(row.numerator)}"' in part


def test_only_industries_whose_demand_fell_are_listed(site: Site, city: City) -> None:
    body = said_to(site, LEADER, f"area={OWN}")
    now = of_month(city, "vacancy", OWN, "2026-10-01")["value"].drop("ALL")
    before = of_month(city, "vacancy", OWN, "2025-10-01")["value"].drop("ALL")
    part = between(body, text("Posts offered"), text("What is not told here"))
    for code in now.index:
        words = change_words(now[code], before[code], "posts", is_ratio=False)
        assert (f"/industry/{code}" in part) is bool(now[code] < before[code]), code
        assert now[code] >= before[code] or words in part


def test_occupations_stand_by_posts_for_each_who_looks_for_one(site: Site, city: City) -> None:
    occupations = categories(breakdowns()["seeker_occupation"])
    named = {row["code"]: row["title"] for row in csv_rows("codes.csv") if row["list"] == "occupation"}
    own = [city.units.index(OWN)]
    for viewer, query, places in ((LEADER, "", range(len(city.units))), (head_of(OWN), f"area={OWN}", own)):
        posts = [sum(figure(place, number, 0) for place in places) for number in range(len(occupations))]
        part = between(
            said_to(site, viewer, query), text("Posts per person"), text("Posts by occupation and education")
        )
        titles = [named[code] for code in occupations]
        ordered = sorted(range(len(titles)), key=lambda number: LOOKING[number])
        at = [part.index(titles[number]) for number in ordered]
        assert at == sorted(at)
        for number, offered in enumerate(posts):
            people = offered * LOOKING[number]
            short = text("{number} short of people", number=count(offered - people))
            many = text("{number} more people than posts", number=count(people - offered))
            assert (short if offered >= people else many) in part
            assert f'"{value(offered / people, "ratio")}"' in part
    assert text("Balance") not in said_to(site, AUDITOR)


def test_what_is_not_there_is_said_and_other_areas_are_no_page(site: Site) -> None:
    assert text("What is not told here") in said_to(site, LEADER)
    assert text("This page does not exist") in said_to(site, head_of(OWN), "area=371502")
