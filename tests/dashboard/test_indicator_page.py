"""The pages of indicators: what each says of meaning, delay, revision, rules and secrecy, measured on vintages."""

import json
from datetime import timedelta

import duckdb
import pytest

from dashboard.locale import count, percent, text
from pipelines.core.domain import Viewer
from pipelines.published import read as door
from pipelines.published.read import read
from tests.dashboard.asked import page_asked, signed_in
from tests.dashboard.published_city import CITY, LAST_DAY, LATE, City
from tests.dashboard.published_fixture import build
from tests.dashboard.site import AUDITOR, LEADER, Site, head_of, served

pytestmark = pytest.mark.xdist_group("indicator_page")
SINCE = LAST_DAY - timedelta(days=770)
SETTLED = LAST_DAY - timedelta(days=14)


def said_to(site: Site, viewer: Viewer, path: str, query: str = "") -> str:
    status, _, body = page_asked(path, query).of(signed_in(site, viewer))
    assert status == 200
    return json.dumps(json.loads(body), ensure_ascii=False)


@pytest.fixture(scope="module")
def revised(tmp_path_factory: pytest.TempPathFactory) -> City:
    """The city, with the sums of one month of one area told in three steps: day 1, day 8, day 15."""
    city = build(tmp_path_factory.mktemp("revised") / "published", days=120)
    with duckdb.connect(str(city.folder / city.editions[-1][0] / "restricted.duckdb")) as con:
        same = (
            "indicator = 'benefit_claim' and grain = 'day' and industry = 'ALL' and area = '371503' "
            "and period between date '2026-11-02' and date '2026-11-06'"
        )
        con.execute(
            "delete from reading where indicator = 'benefit_claim' and grain = 'day' and industry = 'ALL' "
            "and area = '371503' and period not between date '2026-11-02' and date '2026-11-06'"
        )
        con.execute(f"update reading set value = 100, numerator = 100 where {same}")
        for back, until, value in ((1, 8, 80), (8, 15, 95)):
            con.execute(
                f"insert into reading by name select * replace ({value} as value, (select min(cutoff_at) from edition "
                f"where day = r.period + {back}) as known_from, (select min(cutoff_at) from edition where day = "
                f"r.period + {until}) as known_to) from reading as r where {same} and value = 100"
            )
        con.execute(
            f"update reading set known_from = (select min(cutoff_at) from edition where day = reading.period + 15) "
            f"where {same} and value = 100"
        )
    return city


def test_revision_is_measured_on_what_editions_said_at_each_age(revised: City) -> None:
    rows = read(
        "revision_by_age", head_of("371503"), published=revised.published, indicator="benefit_claim", city=CITY,
        since=SINCE, settled=SETTLED,
    )  # fmt: skip
    door.close()
    found = rows[(rows["level"] == "unit") & (rows["grain"] == "day")].set_index("days")
    assert found["figures"].loc[[1, 3, 8, 15]].tolist() == [5, 5, 5, 5]
    assert found["typical_share"].loc[[1, 3, 8, 15]].round(6).tolist() == [0.2, 0.2, 0.05, 0.0]
    assert found["moved"].loc[[1, 15]].tolist() == [1.0, 0.0]
    assert 31 not in found.index, "no edition has seen these days at that age"


def test_the_page_says_by_how_much_a_young_figure_is_off(revised: City) -> None:
    with served(revised.published.parent) as site:
        body = said_to(site, head_of("371503"), "/indicator/benefit_claim")
    door.close()
    shown = text("{share} of {number}", share=percent(1.0), number=count(5))
    assert shown in body
    assert percent(0.2) in body


def test_the_catalogue_lists_every_indicator_and_leads_to_its_page(site: Site, city: City) -> None:
    body = said_to(site, AUDITOR, "/indicators")
    for name, title in zip(city.frames["indicator"]["indicator"], city.frames["indicator"]["title_zh"], strict=True):
        assert f"/indicator/{name}" in body
        assert title in body


def test_a_page_states_formula_source_rules_and_lines(site: Site, city: City) -> None:
    body = said_to(site, LEADER, "/indicator/job_loss_rate")
    row = city.frames["indicator"].set_index("indicator").loc["job_loss_rate"]
    for part in (row["formula"], row["source"], text("reaches the line {line}", line="2.00"), "监测企业岗位流失率偏高"):
        assert part in body
    assert "vacancy_seeker_ratio" not in body
    assert text("No rule judges this indicator.") in said_to(site, LEADER, "/indicator/insured_net_change")


def test_delay_is_measured_on_the_viewers_own_senders(site: Site, city: City) -> None:
    roster = city.frames["roster"]
    due = roster[(roster["feed"] == "benefit_claim") & (roster["status"] != "not_due")]
    own = due[due["area"] == LATE]
    assert (own["status"] == "missing").any()
    body = said_to(site, head_of(LATE), "/indicator/benefit_claim")
    assert percent(1 - own["status"].isin(["late", "missing", "held"]).mean()) in body
    whole = percent(1 - due["status"].isin(["late", "missing", "held"]).mean())
    assert whole in said_to(site, LEADER, "/indicator/benefit_claim")


def test_an_area_page_leads_to_the_indicator_and_a_made_up_one_is_no_page(site: Site) -> None:
    assert "/indicator/benefit_claim" in said_to(site, LEADER, "/area/371503")
    assert text("This page does not exist") in said_to(site, LEADER, "/indicator/nothing")


def test_reasons_of_revisions_are_not_told_to_the_general_public(site: Site) -> None:
    refused = text("Revisions with their reasons are for the bureau and for the office concerned.")
    assert refused in said_to(site, AUDITOR, "/indicator/benefit_claim")
    assert refused not in said_to(site, LEADER, "/indicator/benefit_claim")


def test_what_was_computed_anew_and_what_is_hidden_is_counted(site: Site, city: City) -> None:
    body = said_to(site, LEADER, "/indicator/benefit_claim")
    assert text("computed anew") in body
    hidden = city.frames["suppression"]
    hidden = hidden[(hidden["indicator"] == "benefit_claim") & (hidden["grain"] == "month")]
    newest = hidden[hidden["period"] == hidden["period"].max()]
    rows = city.frames["reading"]
    cells = rows[(rows["indicator"] == "benefit_claim") & (rows["grain"] == "month")]
    cells = cells[cells["period"] == newest["period"].iloc[0]]
    shown = text(
        "{hidden} of {cells} cells hidden in the period from {day}",
        hidden=count(len(newest)), cells=count(len(cells)), day=newest["period"].iloc[0].isoformat(),
    )  # fmt: skip
    assert 0 < len(newest) < len(cells)
    assert shown in body
