import threading
from datetime import UTC, date, datetime
from pathlib import Path

import duckdb
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.core.catalogue.table import Readers
from pipelines.core.catalogue.tables import published_tables
from pipelines.core.domain import GENERAL, Audience, Role, UserError, Viewer, recipient_viewer
from pipelines.published.questions import QUERIES, question
from pipelines.published.read import _lease, close, edition_in_force, edition_of_day, read
from pipelines.published.scope import RefusedError, scope
from tests.dashboard.published_city import CITY, CLOSING, LATE, City
from tests.dashboard.published_fixture import build, point_to

LEADER = Viewer(Role.CITY_LEADER)
GIVEN = {
    "area": "371503", "industry": "ALL", "grain": "day", "since": date(2026, 10, 1), "closed_since": date(2026, 10, 1),
    "episode_id": "w0002", "indicator": "benefit_claim", "window_periods": 28, "at": datetime(2026, 11, 23, 23),  # noqa: DTZ001 (the files hold UTC without a zone)

    "city": CITY, "this_month": date(2026, 11, 1), "rule_id": "benefit_claim_spike", "day": date(2026, 11, 25), "employer": CLOSING[0],
    "settled": date(2026, 11, 11), "feed": "benefit_claim", "month": date(2026, 10, 1), "before": date(2025, 10, 1),
    "week": date(2026, 11, 16), "most": 5, "period": date(2026, 11, 23),
    "breakdown": "operation_jobs",
}  # fmt: skip
OURS = sorted(path.stem for path in QUERIES.glob("*.sql") if not path.stem.startswith("mail"))
FOR_THE_BUREAU = {"layoff_lead"}
OF_COHORTS = {"cohort_expectation", "cohort_judgement", "cohort_series"}
"""This city codes no groups of people; the one of test_cohort_page does, and answers these."""
roles = st.sampled_from(list(Role))
units = st.sampled_from(["371502", "371503", LATE])


def ask(name: str, viewer: Viewer, city: City, as_of: datetime | None = None, area: str = "371503") -> pd.DataFrame:
    given = {**GIVEN, "area": area, "grain": "week" if viewer.audience is Audience.GENERAL else "day"}
    if name == "breakdown_by_area":
        given["period"] = date(2026, 10, 1)
    if name == "expectation":
        given["grain"] = "week"
    if name == "warning_change":
        given["since"] = city.editions[-2][2]
    if name == "judgement":
        given["cohort"] = "all"
        told = city.frames["score"]
        given |= (
            told[(told["area"] == area) & (told["industry"] == "ALL")].iloc[-1][["window_from", "data_to"]].to_dict()
        )
    return read(name, viewer, as_of, published=city.published, **{key: given[key] for key in question(name).parameters})


@pytest.mark.parametrize("name", sorted({*OURS} - OF_COHORTS))
def test_every_question_of_the_pages_has_an_answer_for_the_bureau(city: City, name: str) -> None:
    assert not ask(name, LEADER, city).empty


@pytest.mark.requirement("M2", "8.2.2", "14.2.2")
@settings(max_examples=80, deadline=None)
@given(role=roles, areas=st.frozensets(units, max_size=2), name=st.sampled_from(OURS), area=units)
def test_no_viewer_ever_gets_a_row_of_an_area_out_of_scope(
    city: City, role: Role, areas: frozenset[str], name: str, area: str
) -> None:
    viewer = Viewer(role, areas)
    try:
        rows = ask(name, viewer, city, area=area)
    except RefusedError:
        assert viewer.audience is Audience.GENERAL or name in FOR_THE_BUREAU
        return
    assert viewer.audience is Audience.BUREAU or name not in FOR_THE_BUREAU
    if "area" not in rows:
        return
    allowed = {CITY, *areas}
    if viewer.audience is Audience.BUREAU or (viewer.audience is Audience.GENERAL and not areas):
        allowed |= set(city.units)
    assert set(rows["area"]) <= allowed
    if viewer.audience is not Audience.BUREAU and "employer" in rows:
        foreign = rows if viewer.audience is Audience.GENERAL else rows[~rows["area"].isin(areas)]
        hidden = foreign.columns.intersection(["employer", "employer_name", "observed", "people"])
        assert foreign[hidden].isna().all().all()


@settings(max_examples=30, deadline=None)
@given(area=units)
def test_an_office_sees_of_its_own_area_all_that_the_bureau_sees(city: City, area: str) -> None:
    office = Viewer(Role.COUNTY_HEAD, frozenset({area}))
    for name in ("open_warning", "completeness", "matrix_window", "readings", "series"):
        mine, all_rows = ask(name, office, city, area=area), ask(name, LEADER, city, area=area)
        if "area" in mine:
            mine, all_rows = mine[mine["area"] == area], all_rows[all_rows["area"] == area]
        assert mine.to_csv(index=False) == all_rows.to_csv(index=False)


@pytest.mark.parametrize("role", [Role.COUNTY_HEAD, Role.COUNTY_CLERK, Role.ADMINISTRATOR, Role.AUDITOR])
def test_leads_on_employers_are_for_the_bureau_alone(city: City, role: Role) -> None:
    listed = ask("layoff_lead", LEADER, city)
    assert listed["area"].tolist() == [LATE]
    assert listed["first_on"].dt.date.tolist() == [city.editions[0][1]]
    with pytest.raises(RefusedError):
        ask("layoff_lead", Viewer(role, frozenset({LATE})), city)
    with pytest.raises(RefusedError):
        ask("layoff_lead", recipient_viewer(frozenset({LATE})), city)


def test_agreement_of_sources_is_told_to_everybody_without_its_figures(city: City) -> None:
    bureau, public = ask("corroboration", LEADER, city), ask("corroboration", GENERAL, city)
    assert bureau["says"].tolist() == public["says"].tolist() == ["agrees", "disagrees", "silent"]
    assert bureau["strength"].notna().any()
    assert public["strength"].isna().all()


def test_an_office_gets_the_city_totals_from_the_general_file(city: City) -> None:
    office = Viewer(Role.COUNTY_CLERK, frozenset({LATE}))
    given = {"area": CITY, "industry": "ALL", "since": date(2026, 9, 1)}
    assert read("series", office, published=city.published, grain="day", **given).empty
    weeks = read("series", office, published=city.published, grain="week", **given)
    public = read("series", GENERAL, published=city.published, grain="week", **given)
    pd.testing.assert_frame_equal(weeks, public)


def test_an_office_knows_its_own_place_and_nobody_elses(city: City) -> None:
    own, other = "371503", LATE
    office = Viewer(Role.COUNTY_HEAD, frozenset({own}))
    mine = read("area_rank", office, published=city.published, area=own)
    assert not mine.empty
    assert mine.to_csv() == read("area_rank", LEADER, published=city.published, area=own).to_csv()
    assert read("area_rank", office, published=city.published, area=other).empty
    with pytest.raises(RefusedError):
        read("area_rank", GENERAL, published=city.published, area=own)
    readings = city.frames["reading"]
    for row in mine.itertuples():
        its = readings[(readings["indicator"] == row.indicator) & (readings["grain"] == "month")]
        its = its[(its["industry"] == "ALL") & its["area"].isin(city.units) & its["known_to"].isna()]
        its = its[(its["period"] == pd.Timestamp(row.period).date()) & ~its["is_provisional"].astype(bool)].dropna(
            subset=["value"]
        )
        worse = city.frames["indicator"].set_index("indicator").loc[row.indicator, "worse"]
        ranked = its.set_index("area")["value"].rank(method="min", ascending=worse == "lower")
        assert (row.place, row.areas) == (ranked[own], len(its))


@pytest.mark.parametrize(
    ("allowed", "sees_city", "sees_rank"), [("", False, False), ("city_totals", True, False), ("own_rank", False, True)]
)
def test_what_an_office_sees_of_others_is_the_regions_policy(
    tmp_path: Path, allowed: str, sees_city: bool, sees_rank: bool
) -> None:
    place = build(tmp_path / "published", days=60)
    for name in ("general", "restricted"):
        with duckdb.connect(str(place.published / place.editions[-1][0] / f"{name}.duckdb")) as con:
            con.execute("insert into manifest values ('office_sees', ?)", [allowed])
    office = Viewer(Role.COUNTY_HEAD, frozenset({"371503"}))
    assert (CITY in set(read("open_warning", office, published=place.published)["area"])) == sees_city
    if sees_rank:
        read("area_rank", office, published=place.published, area="371503")
    else:
        with pytest.raises(RefusedError, match="本地区规定"):
            read("area_rank", office, published=place.published, area="371503")
    assert CITY in set(read("open_warning", LEADER, published=place.published)["area"])
    close()


@pytest.mark.requirement("8.2.3")
def test_a_mail_is_rendered_from_the_general_file_and_only_of_its_own_areas(city: City) -> None:
    rows = read("open_warning", recipient_viewer(frozenset({"371503"})), published=city.published)
    assert set(rows["area"]) == {"371503", CITY}
    assert rows["observed"].isna().all()
    assert CLOSING[1] not in rows.to_string()


def test_an_office_without_areas_sees_no_area_at_all(city: City) -> None:
    rows = read("open_warning", Viewer(Role.COUNTY_HEAD), published=city.published)
    assert set(rows["area"]) == {CITY}


@pytest.mark.requirement("8.3.1")
def test_a_table_that_declares_no_owner_is_refused() -> None:
    for table in ("insured_event", "finding", "anything"):
        with pytest.raises(RefusedError):
            scope(LEADER, table, CITY)


@pytest.mark.requirement("8.3.1")
def test_every_published_table_declares_its_scope(city: City) -> None:
    with duckdb.connect(str(city.published / city.editions[-1][0] / "restricted.duckdb"), read_only=True) as con:
        stored = {row[0] for row in con.execute("select table_name from duckdb_tables()").fetchall()}
    own = {"withheld"}  # asked by the door itself, of which no question may
    asked = {table.name for table in published_tables() if table.readers is not Readers.DOOR}
    assert stored - own == asked
    for table in own:
        with pytest.raises(RefusedError):
            scope(LEADER, table, CITY)


@pytest.mark.requirement("1.2.4")
def test_an_area_code_is_no_way_into_the_query(city: City) -> None:
    with pytest.raises(RefusedError):
        read("open_warning", Viewer(Role.COUNTY_HEAD, frozenset({"') or ('1' = '1"})), published=city.published)
    given = {"industry": "ALL", "grain": "day", "since": date(2026, 9, 1)}
    assert read("series", LEADER, published=city.published, area="x' or '1'='1", **given).empty


@pytest.mark.requirement("1.2.4")
def test_parameters_that_a_question_does_not_name_are_refused(city: City) -> None:
    with pytest.raises(TypeError):
        read("place", LEADER, published=city.published, area="371503")
    with pytest.raises(TypeError):
        read("warning", LEADER, published=city.published)
    with pytest.raises(UserError):
        read("../tables/place", LEADER, published=city.published)


def test_a_past_edition_shows_what_was_known_then(city: City) -> None:
    then = city.editions[-2][2].replace(tzinfo=UTC)
    now, past = ask("warning", LEADER, city), ask("warning", LEADER, city, then)
    assert (now["level"][0], now["observed"][0]) == (2, 96.0)
    assert (past["level"][0], past["observed"][0]) == (3, 61.0)
    assert len(ask("warning_history", LEADER, city)) == 2
    assert len(ask("warning_history", LEADER, city, then)) == 1
    lifted = read("open_warning", LEADER, then, published=city.published)
    assert "w0004" in set(lifted["episode_id"])
    assert "w0004" not in set(read("open_warning", LEADER, published=city.published)["episode_id"])
    assert ask("score_of_area", LEADER, city, then)["data_to"].max() == pd.Timestamp(2026, 11, 23)


def test_before_the_first_edition_there_is_a_sentence(city: City) -> None:
    with pytest.raises(UserError, match="之前没有发布过版次"):
        read("place", LEADER, datetime(2020, 1, 1, tzinfo=UTC), published=city.published)
    with pytest.raises(UserError, match="没有发布过版次"):
        edition_of_day(city.published, date(2020, 1, 1))
    with pytest.raises(ValueError, match="time zone"):
        read("place", LEADER, datetime(2026, 11, 25), published=city.published)  # noqa: DTZ001


def test_nothing_published_yet_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="还没有发布任何版次"):
        edition_in_force(tmp_path)
    (tmp_path / "current").write_text("2026-11-25.1")
    with pytest.raises(UserError, match="还没有发布任何版次"):
        edition_in_force(tmp_path)


@pytest.mark.requirement("13.2.2", "13.2.4")
def test_the_door_lets_a_query_reach_no_other_file(city: City, tmp_path: Path) -> None:
    other = tmp_path / "other.csv"
    other.write_text("a\n1\n")
    restricted = city.published / city.editions[-1][0] / "restricted.duckdb"
    with _lease(city.published, with_restricted=False) as base:
        for wrong in (
            f"select * from read_csv('{other}')", f"attach '{restricted}' as restricted (read_only)",
            "set threads = 1", "set enable_external_access = true", "insert into general.place values ('x')",
        ):  # fmt: skip
            cursor = base.connection.cursor()
            with pytest.raises(duckdb.Error):
                cursor.execute(wrong).fetchall()
            cursor.close()


def test_a_new_edition_is_seen_at_once_and_readers_go_on_while_it_is_switched(tmp_path: Path) -> None:
    published = tmp_path / "published"
    first = build(published, days=60)
    other = build(tmp_path / "aside", days=60, seed=8)
    folder = published / "2026-11-26.1"
    (other.published / other.editions[-1][0]).replace(folder)
    errors: list[Exception] = []
    stop = threading.Event()

    def keep_reading() -> None:
        while not stop.is_set():
            try:
                assert not read("open_warning", LEADER, published=published).empty
                assert not read("place", GENERAL, published=published).empty
            except Exception as error:
                errors.append(error)
                return

    readers = [threading.Thread(target=keep_reading) for _ in range(4)]
    for reader in readers:
        reader.start()
    given = {"area": CITY, "industry": "ALL", "grain": "day", "since": date(2026, 10, 1)}
    values = []
    for turn in range(6):
        point_to(published, folder.name if turn % 2 else first.editions[-1][0])
        values.append(read("series", LEADER, published=published, **given)["value"].sum())
    stop.set()
    for reader in readers:
        reader.join()
    close()
    assert not errors
    assert len(set(values)) == 2
    assert values[0] == values[2] != values[1]


def test_a_file_put_in_the_place_of_another_is_seen(tmp_path: Path) -> None:
    city = build(tmp_path / "published", days=60)
    other = build(tmp_path / "aside", days=60, seed=9)
    given = {"area": CITY, "industry": "ALL", "grain": "day", "since": date(2026, 10, 1)}
    before = read("series", LEADER, published=city.published, **given)["value"].sum()
    edition = city.editions[-1][0]
    (other.published / edition / "restricted.duckdb").replace(city.published / edition / "restricted.duckdb")
    assert read("series", LEADER, published=city.published, **given)["value"].sum() != before
    close()
