"""The page of one industry: the figures of its section, who sees which, and what leads to it."""

import json

import pandas as pd
import pytest

from dashboard.locale import text, value
from pipelines.core.domain import Viewer
from tests.dashboard.asked import page_asked, signed_in
from tests.dashboard.published_city import CITY, City
from tests.dashboard.site import AUDITOR, LEADER, Site, head_of

pytestmark = pytest.mark.xdist_group("industry_page")
AREA = "371503"


def said_to(site: Site, viewer: Viewer, path: str, query: str = "") -> str:
    status, _, body = page_asked(path, query).of(signed_in(site, viewer))
    assert status == 200
    return json.dumps(json.loads(body), ensure_ascii=False)


def last_week(city: City, area: str, section: str) -> float:
    rows = city.frames["reading"]
    rows = rows[(rows["indicator"] == "insured_leave") & (rows["area"] == area) & (rows["industry"] == section)]
    days = rows[rows["grain"] == "day"].assign(period=lambda one: pd.to_datetime(one["period"]))
    return float(days[days["period"] > days["period"].max() - pd.Timedelta(days=7)]["value"].sum())


def test_a_section_shows_the_sums_of_its_own_last_days(site: Site, city: City) -> None:
    for viewer, area in ((LEADER, CITY), (LEADER, AREA), (head_of(AREA), AREA)):
        body = said_to(site, viewer, "/industry/C", f"area={area}")
        assert f"{value(last_week(city, area, 'C'), 'persons')} {text('persons')}" in body
    assert last_week(city, AREA, "C") != last_week(city, AREA, "F")
    shown = f"{value(last_week(city, AREA, 'F'), 'persons')} {text('persons')}"
    assert shown in said_to(site, LEADER, "/industry/F", f"area={AREA}")


def test_its_open_warnings_are_those_of_the_section_and_of_the_viewers_area(site: Site) -> None:
    body = said_to(site, LEADER, "/industry/C")
    assert all(f"/warning/{one}" in body for one in ("w0001", "w0002", "w0005", "w0007"))
    assert "/warning/w0006" not in body, "a warning of all industries together"
    own = said_to(site, head_of(AREA), "/industry/C")
    assert "/warning/w0001" in own
    assert "/warning/w0007" not in own


def test_no_more_than_six_charts_are_on_it(site: Site) -> None:
    assert 1 <= said_to(site, LEADER, "/industry/C").count('"data-figure"') <= 6


def test_the_public_sees_months_and_what_is_withheld_as_withheld(site: Site, city: City) -> None:
    body = said_to(site, AUDITOR, "/industry/U", f"area={AREA}")
    assert text("C withheld") in body
    assert f"{text('C withheld')} {text('persons')}" not in body
    assert "2026-11-24" not in body[body.index('"main"') :], "a day"
    assert city.names[AREA] in body


def test_another_area_or_a_made_up_industry_is_no_page(site: Site) -> None:
    for path, query in (("/industry/C", "area=371502"), ("/industry/nothing", ""), ("/industry/ALL", "")):
        assert text("This page does not exist") in said_to(site, head_of(AREA), path, query)


def test_matrix_and_warning_lead_to_it(site: Site) -> None:
    assert "/industry/C" in said_to(site, LEADER, "/")
    assert "/industry/C" in said_to(site, LEADER, "/warning/w0002")
