"""The reference tables of Liaocheng agree with each other and with what is published about the city."""

import shutil
from dataclasses import replace
from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from pipelines.core.region.load import Region, load
from pipelines.notifying.audience import recipients
from pipelines.warehouse.expected_submissions import due_periods, roster

LIAOCHENG = Path(__file__).parents[2] / "data" / "regions" / "liaocheng"


@pytest.fixture(scope="module")
def region() -> Region:
    return load(LIAOCHENG)


def test_eleven_reporting_units_partition_the_city_and_the_county_view_does_so_again(region: Region) -> None:
    units = region.places[region.places["level"] == "unit"]
    views = region.places[region.places["level"] == "county_view"]
    assert len(region.units) == 11
    assert set(units["county_view"]) == set(views["code"])
    assert len(views) == 8
    zones = set(units.loc[units["county_view"] == "V371502", "code"])
    assert zones == {"371502", "3715D1", "3715D2", "3715D3"}


def test_every_code_is_unique(region: Region) -> None:
    assert region.places["code"].is_unique
    assert region.industries["code"].is_unique
    assert not region.codes.duplicated(["list", "code"]).any()
    assert region.offices["office_id"].is_unique


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("371523", "371503"),
        ("茌平县", "371503"),
        ("茌平区", "371503"),
        ("莘县", "371522"),
        ("371522", "371522"),
        ("高新区", "3715D2"),
        ("江北水城旅游度假区", "3715D3"),
        ("聊城市", "371500"),
    ],
)
def test_names_and_former_codes_lead_to_the_area(region: Region, written: str, code: str) -> None:
    assert region.aliases[written] == code


def test_a_name_means_an_area_only_while_both_hold(tmp_path: Path) -> None:
    folder = Path(shutil.copytree(LIAOCHENG, tmp_path / "liaocheng"))
    table = folder / "place_aliases.csv"
    text = table.read_text(encoding="utf-8").replace(
        "茌平县,371503,,", "茌平县,371503,,2019-09-30\n茌平县,371502,2019-10-01,"
    )
    table.write_text(text, encoding="utf-8")
    region = load(folder)
    assert region.area_of("茌平县", date(2015, 12, 31)) is None
    assert region.area_of("茌平县", date(2019, 9, 30)) == "371503"
    assert region.area_of("茌平县", date(2019, 10, 1)) == "371502"
    assert region.aliases["茌平县"] == "371502"


def test_the_county_view_is_no_area_a_file_can_report_for(region: Region) -> None:
    assert "V371502" not in region.aliases


def test_the_residents_of_the_census_add_up_where_all_are_of_2020(region: Region) -> None:
    people = region.places.set_index("code")["residents"]
    core = people[["371502", "3715D1", "3715D2", "3715D3"]].sum()
    assert core == pytest.approx(people["V371502"], abs=200)
    assert core + people["371503"] == pytest.approx(2_006_500, abs=200)


def test_residents_say_their_day(region: Region) -> None:
    dated = region.places.set_index("code")["residents_on"]
    assert dated["371524"].date() == date(2020, 11, 1)
    assert dated["371522"].date() == date(2023, 12, 31)
    assert dated[region.units].notna().all()


def test_divisions_belong_to_sections_and_the_unknown_is_a_member(region: Region) -> None:
    industries = region.industries
    assert len(industries[industries["level"] == "section"]) == 20
    assert len(industries[industries["level"] == "division"]) == 97
    assert region.sections["32"] == "C"
    assert region.sections["97"] == "T"
    assert region.sections["C"] == "C"
    assert region.sections["U"] == "U"
    assert "ALL" not in region.sections


def test_risk_leaves_are_told_from_moves_and_pensions(region: Region) -> None:
    reasons = region.codes[region.codes["list"] == "insured_reason"].set_index("code")["class"]
    risk = set(reasons[reasons.isin(["employer", "expiry", "worker", "unknown"])].index)
    assert risk == {"03", "11", "12", "13", "14", "15"}
    assert set(reasons[reasons == "join"].index) == set("ABCD")


def test_every_unit_has_an_office_and_no_address_leaves_the_example_domain(region: Region) -> None:
    answered = {area for areas in region.offices["areas"] for area in areas.split(";")}
    assert answered == {*region.units, region.city}
    assert region.recipients["address"].str.endswith(".example.com").all()
    assert set(region.recipients["office_id"]) == set(region.offices["office_id"])


def test_rules_get_stricter_with_every_level(region: Region) -> None:
    spikes = region.rules[region.rules["kind"] == "spike"]
    for _, rule in spikes.groupby("rule_id"):
        ordered = rule.sort_values("level", ascending=False)
        assert ordered["level"].tolist() == [4, 3, 2, 1]
        assert ordered["min_strength"].is_monotonic_increasing
        assert ordered["min_ratio"].isna().all() or ordered["min_ratio"].is_monotonic_increasing  # none of a net change
        assert ordered["min_people"].is_monotonic_increasing


def test_no_level_rule_is_a_bare_line_and_each_row_names_its_basis(region: Region) -> None:
    enabled = region.rules[region.rules["is_enabled"]]
    levels = enabled[enabled["kind"] == "level"]
    assert levels["margin"].notna().all()
    registered = region.rules[region.rules["indicator"] == "registered_unemployment_rate"].query("kind == 'level'")
    assert registered["margin"].notna().all()
    assert not registered["is_enabled"].any()
    assert (region.rules["basis"].str.len() > 10).all()


def test_a_rule_is_in_force_only_between_its_days(region: Region) -> None:
    assert region.rules_on(date(2015, 12, 31)).empty
    assert len(region.rules_on(date(2016, 1, 1))) == len(region.rules)
    ended = replace(region, rules=region.rules.assign(effective_to=pd.Timestamp("2026-10-31")))
    assert len(ended.rules_on(date(2026, 10, 31))) == len(region.rules)
    assert ended.rules_on(date(2026, 11, 1)).empty


def test_a_post_gets_mail_from_its_first_to_its_last_day(region: Region) -> None:
    own = region.recipients.assign(valid_from=pd.Timestamp("2026-10-02"), valid_to=pd.Timestamp("2026-10-30"))
    valid = replace(region, recipients=own)
    told = [len(recipients(valid, date(2026, 10, day))) for day in (1, 2, 30, 31)]
    assert told == [0, len(own), len(own), 0]


@pytest.mark.parametrize(
    ("first", "last", "days", "months"),
    [
        ("2026-09-30", "2026-10-31", ("2026-09-30", "2026-10-30"), [9, 10]),
        ("2026-10-12", "2026-10-15", ("2026-10-12", "2026-10-15"), []),
        ("2026-10-09", "2026-10-30", ("2026-10-09", "2026-10-30"), []),
    ],
)
def test_an_area_owes_the_periods_on_whose_last_day_it_is_one(
    region: Region, first: str, last: str, days: tuple[str, str], months: list[int]
) -> None:
    places = region.places.copy()
    is_own = places["code"] == "371503"
    places.loc[is_own, "valid_from"], places.loc[is_own, "valid_to"] = pd.Timestamp(first), pd.Timestamp(last)
    owed = roster(replace(region, places=places), date(2026, 9, 1), date(2026, 10, 31))
    own = owed[(owed["area"] == "371503") & owed["feed"].isin(["benefit_claim", "insured_headcount"])]
    told = own.loc[own["grain"] == "day", "period"]
    assert (told.min(), told.max()) == tuple(map(pd.Timestamp, days))
    assert own.loc[own["grain"] == "month", "period"].dt.month.tolist() == months


def test_what_is_due_at_the_cut_off_is_due_on_that_day(region: Region) -> None:
    cutoff_at = pd.Timestamp(region.cutoff_at(date(2026, 10, 16))).tz_localize(None)
    due = due_periods(region, "benefit_claim", date(2026, 10, 16))
    assert due["due_at"].max() == cutoff_at, "07:00 is the hour of both"
    assert due["period"].max() == pd.Timestamp("2026-10-15")
