"""Leads and agreement of sources through real runs, counted again from the facts; who may see them."""

import shutil
from collections.abc import Callable
from pathlib import Path

import duckdb
import pandas as pd
import pytest

from pipelines.core.domain import GENERAL, Role, Viewer
from pipelines.published.read import read
from pipelines.published.scope import RefusedError
from tests.house import ROOT, House
from tests.tier import IS_LONG

pytestmark = pytest.mark.xdist_group("replay")
CODES = ("03", "11", "12", "13")  # by the employer, and those that say nothing
LEADER = Viewer(Role.CITY_LEADER)
RAISED_TO = "2026-10-16" if IS_LONG else "2026-10-13"


def asked(house: House, sql: str) -> pd.DataFrame:
    with duckdb.connect(str(house.data / "warehouse.duckdb"), read_only=True) as con:
        return con.execute(sql).df()


def test_leavers_of_a_lead_are_those_of_the_files(replayed: House) -> None:
    leads = asked(replayed, "select * from layoff_lead where kind = 'unreported' order by day desc, employer")
    assert len(leads)
    lead = leads.iloc[0]
    facts = asked(replayed, "select * from insured_event")
    reversed_ids = set(facts["reverses_event_id"].dropna())
    own = facts[(facts["employer"] == lead["employer"]) & (facts["direction"] == "leave")]
    own = own[own["reverses_event_id"].isna() & ~own["event_id"].isin(reversed_ids) & own["reason"].isin(CODES)]
    window = own[own["filed_on"].between(lead["window_from"], lead["window_to"])]
    reports = asked(
        replayed,
        f"select * from layoff_report where employer = '{lead['employer']}'"
        f" and coalesce(effective_on, reported_on) >= date '{lead['window_from']:%Y-%m-%d}' - interval 30 day",
    )
    assert (lead["window_to"] - lead["window_from"]).days == 29
    assert lead["people"] == len(window) - reports["planned"].sum()
    assert lead["people"] >= 10
    assert lead["people"] >= 20 or lead["ratio"] >= 0.1
    assert lead["p"] < 0.001


def test_early_layoffs_are_those_of_the_reports(replayed: House) -> None:
    leads = asked(replayed, "select * from layoff_lead where kind = 'early' and day = date '2026-10-31'")
    reports = asked(replayed, "select * from layoff_report where reported_on >= date '2026-05-04'").dropna(
        subset=["told_on", "effective_on"]
    )
    soon = reports[(reports["effective_on"] - reports["told_on"]).dt.days < 30]
    soon = soon[(soon["planned"] >= 20) | (soon["planned"] / soon["staff"] >= 0.1)]
    assert set(leads["employer"]) == set(soon["employer"])
    assert len(leads)


def test_leads_are_in_no_file_but_the_restricted_one(replayed: House) -> None:
    published = replayed.data / "published"
    assert len(read("layoff_lead", LEADER, published=published))
    for viewer in (GENERAL, Viewer(Role.COUNTY_HEAD, frozenset({"371522"}))):
        with pytest.raises(RefusedError):
            read("layoff_lead", viewer, published=published)
    with duckdb.connect(str(replayed.restricted.with_name("general.duckdb")), read_only=True) as con:
        assert con.execute("select count(*) from duckdb_tables() where table_name = 'layoff_lead'").fetchall() == [(0,)]


def test_every_open_warning_is_compared_with_every_other_source(replayed: House) -> None:
    said = asked(replayed, "select * from corroboration where edition_id = '2026-10-31.1'")
    still_open = asked(replayed, "select * from episode where known_to is null and status = 'open'")
    assert set(said["episode_id"]) == set(still_open["episode_id"])
    assert (said.groupby("episode_id")["source"].nunique() >= 6).all()
    assert not said.duplicated(["episode_id", "source"]).any()
    assert {"agrees", "disagrees", "silent"} <= set(said["says"])


def test_the_general_file_tells_no_figure_of_a_source(replayed: House) -> None:
    with duckdb.connect(str(replayed.restricted.with_name("general.duckdb")), read_only=True) as con:
        told = con.execute("select * from corroboration").df()
    assert len(told)
    assert told["strength"].isna().all()
    assert (told["by_industry"] == "ALL").all()
    assert "layoff_reports" not in set(told["source"])


def test_sources_are_off_unless_a_rule_says_otherwise(replayed: House) -> None:
    findings = asked(replayed, "select level, level_alone from finding")
    assert (findings["level"] == findings["level_alone"]).all()


def test_a_rule_that_lets_sources_raise_it_opens_the_same_warnings_at_a_worse_level(
    stocked: House, replayed: House, house: Callable[[House], House], tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Only this finds that raising a level by other sources moves a warning itself."""
    place = house(stocked)
    folder = tmp_path_factory.mktemp("raised") / "liaocheng"
    _with_raising(folder)
    place.environment["GANGSHAO_REGION"] = str(folder)
    place.gangshao("run", "--from", "2026-10-12", "--to", RAISED_TO)
    findings = asked(place, "select * from finding where rule_id = 'dismissal_spike'")
    raised = findings["level"] < findings["level_alone"]
    assert raised.any()
    assert (findings["level_alone"] - findings["level"]).isin([0, 1]).all()
    same = f"select episode_id from episode where opened_on <= date '{RAISED_TO}' group by 1 order by 1"
    assert asked(place, same).equals(asked(replayed, same))


def _with_raising(folder: Path) -> None:
    shutil.copytree(ROOT / "data" / "regions" / "liaocheng", folder)
    rules = pd.read_csv(folder / "rules.csv", dtype=str, keep_default_na=False)
    rules.loc[rules["rule_id"] == "dismissal_spike", "raise_by"] = "1"
    rules.to_csv(folder / "rules.csv", index=False)
