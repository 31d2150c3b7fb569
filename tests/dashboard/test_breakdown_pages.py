"""Breakdowns and lists of employers on pages: the bureau sees all of them, an office its own area's, nobody else any."""

import json

import pytest

from dashboard.locale import count, percent, text
from pipelines.core.catalogue.breakdowns import breakdowns
from pipelines.core.domain import GENERAL, Viewer
from pipelines.published.read import read
from pipelines.published.scope import RefusedError
from tests.dashboard.asked import page_asked, signed_in
from tests.dashboard.published_city import CITY, CLOSING, LATE, SUSPECTED, City
from tests.dashboard.published_parts import categories, figure
from tests.dashboard.site import AUDITOR, LEADER, Site, head_of

pytestmark = pytest.mark.xdist_group("breakdown_pages")
OWN = "371503"
PAGES = ("/operation", "/claimants", "/transfer", "/supply-demand")
LISTS = ("arrears", "leads", "shortage", "operation", "welfare")


def said_to(site: Site, viewer: Viewer, path: str, query: str = "") -> str:
    status, _, body = page_asked(path, query).of(signed_in(site, viewer))
    assert status == 200
    return json.dumps(json.loads(body), ensure_ascii=False)


def test_every_breakdown_stands_on_a_page(site: Site) -> None:
    asked = [(path, "") for path in PAGES] + [("/employers", f"list={name}") for name in LISTS]
    whole = "".join(said_to(site, LEADER, path, query) for path, query in asked)
    assert [one.name for one in breakdowns().values() if one.title[0] not in whole] == []


def test_a_city_is_the_sum_of_its_areas_and_an_office_reads_its_own(site: Site, city: City) -> None:
    states = range(len(categories(breakdowns()["operation_jobs"])))
    body = said_to(site, LEADER, "/operation")
    for state in states:
        assert f'"{count(sum(figure(place, state, 0) for place in range(len(city.units))))}"' in body
    own = said_to(site, head_of(OWN), "/operation")
    place = city.units.index(OWN)
    every = sum(figure(place, state, 0) for state in states)
    other = every - figure(place, 0, 0)
    assert all(f'"{count(figure(place, state, 0))}"' in own for state in states)
    assert percent(other / every) in own
    assert city.names[LATE] not in own


@pytest.mark.parametrize("name", LISTS[:4])
def test_a_list_names_employers_to_the_bureau_and_to_their_own_office(site: Site, name: str) -> None:
    whole, own = (said_to(site, who, "/employers", f"list={name}") for who in (LEADER, head_of(OWN)))
    assert CLOSING[1] in whole
    assert CLOSING[1] in own
    assert SUSPECTED[1] not in own
    assert text("Your role may not open this.") in said_to(site, AUDITOR, "/employers", f"list={name}")


def test_arrears_tell_months_amount_and_days_left(site: Site) -> None:
    body = said_to(site, LEADER, "/employers", "list=arrears")
    assert f'"{count(86400)}"' in body
    assert '"2026-12-10"' in body
    assert f'"{count(15)}"' in body  # from the edition of 2026-11-25


def test_the_general_audience_reads_no_breakdown(city: City) -> None:
    with pytest.raises(RefusedError):
        read(
            "breakdown", GENERAL, published=city.published, breakdown="operation_jobs", area=CITY, city=CITY,
            industry="ALL", since=city.editions[0][1],
        )  # fmt: skip
