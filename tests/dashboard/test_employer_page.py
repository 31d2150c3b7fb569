"""The page of employers: who is named to whom, what the bureau's look leaves behind, reports by month."""

import json

import pytest

from dashboard.locale import count, text
from dashboard.web.security import may_open
from pipelines.core.domain import Role, Viewer
from pipelines.published.read import read
from tests.dashboard.asked import page_asked, signed_in
from tests.dashboard.published_city import CLOSING, LATE, SUSPECTED, City
from tests.dashboard.site import ADMINISTRATOR, AUDITOR, LEADER, Site, head_of
from tests.permitted import PERMISSIONS

pytestmark = pytest.mark.xdist_group("employer_page")
OWN = "371503"


def said_to(site: Site, viewer: Viewer, path: str = "/employers", query: str = "") -> str:
    status, _, body = page_asked(path, query).of(signed_in(site, viewer))
    assert status == 200
    return json.dumps(json.loads(body), ensure_ascii=False)


def views(site: Site) -> int:
    with site.ledger.reading() as connection:
        return int(
            connection.exec_driver_sql(
                "select count(*) from audit where act = 'employer_seen' and target = '/employers'"
            ).scalar_one()
        )


def test_the_bureau_sees_every_employer_named_and_every_lead(site: Site) -> None:
    body = said_to(site, LEADER)
    for name in (CLOSING[1], SUSPECTED[1]):
        assert name in body
    assert text("people left without a report (R3)") in body
    assert text("{number} employers are named by open warnings, {people} people", number=2, people=count(300)) in body


def test_an_office_sees_its_own_area_and_no_lead(site: Site) -> None:
    own, other = said_to(site, head_of(OWN)), said_to(site, head_of(LATE))
    assert CLOSING[1] in own
    assert SUSPECTED[1] not in own
    assert SUSPECTED[1] in other
    assert CLOSING[1] not in other
    for body in (own, other):
        assert text("Leads, for the bureau alone") not in body
    assert CLOSING[1] in said_to(site, head_of(OWN), query=f"area={LATE}"), "no part of the address changes whose it is"


def test_staff_is_what_the_newest_headcount_said(site: Site, city: City) -> None:
    insured = city.frames["employer"].set_index("employer")["insured"]
    found = read("employer_warning", LEADER, published=site.settings.published, closed_since=city.editions[0][1])
    assert found.set_index("employer")["insured"].astype(int).to_dict() == insured.to_dict()
    assert count(int(insured[CLOSING[0]])) in said_to(site, LEADER)


def test_neither_administrator_nor_auditor_opens_it_or_is_led_there(site: Site) -> None:
    for viewer in (ADMINISTRATOR, AUDITOR):
        body = said_to(site, viewer)
        assert text("Your role may not open this.") in body
        assert CLOSING[1] not in body
        assert '"/employers"' not in said_to(site, viewer, "/")
    assert '"/employers"' in said_to(site, head_of(OWN), "/")
    assert {role for role in Role if may_open(PERMISSIONS, Viewer(role), "/employers")} == {
        Role.CITY_LEADER, Role.CITY_ANALYST, Role.CITY_DUTY, Role.COUNTY_HEAD, Role.COUNTY_CLERK,
    }  # fmt: skip


def test_a_look_is_entered_in_the_audit_trail(site: Site) -> None:
    name = "somebody who looks at employers"
    for who in (Viewer(Role.CITY_ANALYST, name=name), Viewer(Role.COUNTY_HEAD, frozenset({OWN}), name)):
        before = views(site)
        said_to(site, who)
        assert views(site) == before + 1


def test_reports_are_told_one_by_one_and_a_short_notice_is_marked(site: Site) -> None:
    body = said_to(site, LEADER)
    for shown in (text("{number} days ahead", number=65), text("{number} days ahead", number=20), "2026-12-20",
                  text("contributions {value}", value=count(35000))):  # fmt: skip
        assert shown in body
    late = body.index(text("{number} days ahead", number=20))
    assert '"tag late"' in body[late : late + 60]
    own = said_to(site, head_of(OWN))
    assert "2026-12-20" in own
    assert "2026-11-30" not in own, "another area's"


def test_key_employers_stand_with_the_post_that_serves_them(site: Site, city: City) -> None:
    listed = city.frames["listed_employer"]
    assert len(listed) >= 2
    body = said_to(site, LEADER)
    for row in listed[listed["to_on"].isna()].itertuples():
        assert row.employer_name in body
        assert not isinstance(row.officer_post, str) or row.officer_post in body
    own = said_to(site, head_of(OWN))
    part = own[own.index(text("Key employers")) :]
    for row in listed[listed["to_on"].isna()].itertuples():
        assert (row.employer_name in part) is (row.area == OWN)


def test_key_employers_are_summed_by_kind_and_judged_beside_what_is_usual(site: Site) -> None:
    for viewer in (LEADER, head_of(OWN)):
        said = said_to(site, viewer)
        part = said[said.index(text("Key employers by kind")) :]
        assert text("usual {lo} to {hi}", lo="10", hi="26") in part
        assert text("high, unfavourable") in part
