"""Who makes up the rises of a real run, counted again from the facts; who may see them, and what the public is told."""

import email
from collections.abc import Callable
from datetime import timedelta
from email.policy import default
from pathlib import Path

import duckdb
import pandas as pd
import pytest

from pipelines.core.domain import GENERAL, Role, Viewer
from pipelines.published.read import read
from pipelines.published.scope import RefusedError
from tests.house import House

pytestmark = pytest.mark.xdist_group("replay")
CITY, LAST = "371500", "2026-10-31.1"
LEADER = Viewer(Role.CITY_LEADER)


def asked(house: House, sql: str) -> pd.DataFrame:
    with duckdb.connect(str(house.data / "warehouse.duckdb"), read_only=True) as con:
        return con.execute(sql).df()


@pytest.fixture(scope="module")
def named(replayed: House) -> pd.DataFrame:
    """Contributors of the warnings open at the last edition, beside what the warnings say."""
    return asked(
        replayed,
        "select c.*, e.indicator, e.industry, e.kind as warning_kind, e.observed as seen, e.window_from, e.data_to "
        "from contributor as c join episode as e using (episode_id) "
        "where c.known_to is null and e.known_to is null and e.status = 'open' order by episode_id, place",
    )


def facts(house: House, indicator: str, cutoff_at: pd.Timestamp) -> pd.DataFrame:
    """Claims, risk leaves or those by the employer as they had been sent by an instant, of each slice its newest file."""
    feed = "benefit_claim" if indicator == "benefit_claim" else "insured_event"
    drops = asked(house, f"select * from drop_register where feed = '{feed}' order by version, received_at")
    drops = drops[drops["received_at"] <= cutoff_at].drop_duplicates(["sender", "period"], keep="last")
    rows = asked(house, f"select * from {feed}")
    rows = rows[rows["drop_id"].isin(drops["drop_id"])]
    if indicator == "benefit_claim":
        return rows
    reversed_ids = set(rows["reverses_event_id"].dropna())
    stands = rows["reverses_event_id"].isna() & ~rows["event_id"].isin(reversed_ids)
    chosen = rows["is_dismissal"] if indicator == "dismissal" else rows["is_risk"]
    return rows[(rows["direction"] == "leave") & chosen & stands]


def test_contributions_to_a_rise_are_those_of_the_facts_and_add_up_to_what_was_seen(
    replayed: House, named: pd.DataFrame
) -> None:
    spikes = named[
        (named["warning_kind"] == "spike") & named["indicator"].isin(["benefit_claim", "insured_leave", "dismissal"])
    ]
    assert spikes["episode_id"].nunique() > 1
    for _, rows in spikes.groupby("episode_id"):
        one = rows.iloc[0]
        own = facts(replayed, one["indicator"], one["known_from"])
        first_on = own["filed_on"].min()
        own = own[(own["area"] == one["area"]) | (one["area"] == CITY)]
        own = own[(own["industry"] == one["industry"]) | (one["industry"] == "ALL")]
        begins = max(one["window_from"] - timedelta(days=364), first_on)
        days = (one["data_to"] - one["window_from"]).days + 1
        seen = own[own["filed_on"].between(one["window_from"], one["data_to"])].groupby("employer").size()
        before = own[(own["filed_on"] >= begins) & (own["filed_on"] < one["window_from"])].groupby("employer").size()
        usual = before * days / (one["window_from"] - begins).days
        more = seen.sub(usual, fill_value=0.0)
        largest = more[more >= 3].rename_axis("member").reset_index(name="more")
        largest = largest.sort_values(["more", "member"], ascending=[False, True]).head(5)
        told = rows[rows["place"] > 0].sort_values("place")
        assert told["member"].tolist() == largest["member"].tolist()
        assert told["observed"].tolist() == seen.reindex(told["member"], fill_value=0).tolist()
        assert told["expected"].to_numpy() == pytest.approx(
            usual.reindex(told["member"], fill_value=0).to_numpy(), abs=1e-5
        )
        assert rows["observed"].sum() == one["seen"]
        assert rows["expected"].sum() == pytest.approx(usual.sum(), abs=1e-3)


def test_an_employer_is_told_to_the_bureau_and_to_the_office_of_the_warnings_own_area_alone(
    replayed: House, named: pd.DataFrame
) -> None:
    published = replayed.data / "published"
    areas = sorted(set(named["area"]) - {CITY})
    assert areas
    assert CITY in set(named["area"])
    for episode_id, area in named[["episode_id", "area"]].drop_duplicates().itertuples(index=False):
        given = {"published": published, "episode_id": episode_id}
        everything = read("contributor_of_warning", LEADER, **given)
        assert everything["member"].notna().any()
        for own in areas:
            found = read("contributor_of_warning", Viewer(Role.COUNTY_HEAD, frozenset({own})), **given)
            assert len(found) == (len(everything) if own == area else 0)
        for viewer in (GENERAL, Viewer(Role.ADMINISTRATOR), Viewer(Role.AUDITOR)):
            with pytest.raises(RefusedError):
                read("contributor_of_warning", viewer, **given)


def test_neither_the_general_file_nor_a_mail_names_who_made_up_a_rise(
    replayed: House, named: pd.DataFrame, house: Callable[[House], House]
) -> None:
    place = house(replayed)
    place.gangshao("run", "--day", "2026-11-01")
    names = set(named["member"].dropna()) | set(named["member_name"].dropna())
    assert len(names) > 3
    general = place.restricted.with_name("general.duckdb")
    with duckdb.connect(str(general), read_only=True) as con:
        tables = [name for (name,) in con.execute("select table_name from duckdb_tables()").fetchall()]
        assert "contributor" not in tables
        said = "".join(con.execute(f"select * from {name}").df().to_csv() for name in tables)  # nosec B608
    assert not [name for name in names if name in said]
    mails = [_text(path) for path in (place.data / "outbox").glob("*.eml")]
    assert mails
    assert not [name for name in names if any(name in mail for mail in mails)]


def _text(path: Path) -> str:
    message = email.message_from_bytes(path.read_bytes(), policy=default)
    return str(message["Subject"]) + "".join(
        part.get_content() for part in message.walk() if part.get_content_maintype() == "text"
    )


def together(rows: pd.DataFrame) -> pd.Series:
    agreeing = (rows["says"] == "agrees").groupby(rows["episode_id"]).transform("sum")
    disagreeing = (rows["says"] == "disagrees").groupby(rows["episode_id"]).transform("sum")
    said = pd.Series("single", index=rows.index)
    said[agreeing > 0] = "corroborated"
    said[(agreeing > 1) & (disagreeing == 0)] = "consistent"
    said[disagreeing > agreeing] = "conflicting"
    return said


def test_what_sources_say_together_is_told_to_the_public_of_what_it_is_told_alone(replayed: House) -> None:
    for name in ("restricted", "general"):
        with duckdb.connect(str(replayed.restricted.with_name(f"{name}.duckdb")), read_only=True) as con:
            rows = con.execute("select * from corroboration where edition_id = ?", [LAST]).df()
        assert rows["agreement"].tolist() == together(rows).tolist()
        assert rows["agreement"].nunique() > 1
