"""Terms of rules drawn as small frames: change, deadlines, gaps in data, k of n, leave lines, cool-downs, overrides."""

import shutil
from datetime import date, timedelta
from pathlib import Path

import pandas as pd
import pytest

from pipelines.core.domain import UserError
from pipelines.core.region import load as regions
from pipelines.core.region.rule_version import newest, released, rule_hash
from pipelines.core.region.rules import RULE
from pipelines.judging.corroboration import raise_levels
from pipelines.judging.findings import FINDING
from pipelines.judging.hysteresis import find_waiting, look_back_days
from pipelines.judging.kinds import WARNING_KINDS
from pipelines.judging.kinds.change import find_changes
from pipelines.judging.kinds.data_fault import find_data_faults
from pipelines.judging.kinds.deadline import find_deadlines
from pipelines.judging.kinds.level import find_levels
from pipelines.judging.lifecycle import EarlyWarning, advance, from_row, opened
from pipelines.judging.rule_scope import apply_overrides
from tests.unit.test_rule_scope import inputs

LIAOCHENG = Path(__file__).parents[2] / "data" / "regions" / "liaocheng"
REGION = regions.load(LIAOCHENG)
CITY = "371500"
DAY = date(2026, 10, 30)  # a Friday
BOTH = {"rate": "higher", "ratio": "lower"}


def rule(**values: object) -> pd.DataFrame:
    """One row with the columns of rules.csv, in force everywhere."""
    given = {
        "rule_id": "r",
        "scope": "city;area;industry;cell",
        "grain": "month",
        "level": 3,
        "leave_after": 2,
    } | values
    frame = pd.DataFrame([dict.fromkeys(RULE) | given])
    numbers = [name for name in RULE if name not in given and name not in ("author", "approver")]
    frame[numbers] = frame[numbers].astype("float64", errors="ignore")
    return frame.assign(only_area=None, except_areas="")


def months(values: list[float], area: str = "371502", indicator: str = "rate") -> tuple[pd.DataFrame, pd.DataFrame]:
    """The newest reading, and all of them."""
    periods = pd.date_range("2024-01-01", periods=len(values), freq="MS")
    past = pd.DataFrame({"indicator": indicator, "area": area, "industry": "ALL", "period": periods, "value": values})
    return past.iloc[-1:].assign(numerator=50.0, denominator=1000.0, usual=1.0, history=24), past


FLAT = [3.0] * 12


@pytest.mark.parametrize(
    ("values", "is_met"),
    [
        ([*FLAT, 3.0, 3.0, 3.0, 3.5, 3.5, 3.5], True),  # the mean of three months is half a point over its low
        ([*FLAT, 3.0, 3.0, 3.0, 3.49, 3.5, 3.5], False),
        ([*FLAT, 3.0, 3.0, 3.0, 3.0, 3.0, 4.4], False),  # one bad month
        ([3.0] * 6 + [3.5, 3.5, 3.5], False),  # no year of means before
        ([4.0] * 12 + [3.0] * 3 + [3.5] * 3, True),  # from its low, not from its start
    ],
)
def test_a_rise_is_the_mean_over_its_low_of_a_year(values: list[float], is_met: bool) -> None:
    change = rule(kind="change", indicator="rate", line=0.5, window_periods=3)
    found = find_changes(change, *months(values), BOTH, CITY)
    assert len(found) == is_met
    assert set(found["kind"]) <= {"change"}


@pytest.mark.parametrize(("missing", "is_met"), [(None, True), (2, True), (3, False), (10, False), (16, False)])
def test_a_mean_over_a_missing_month_is_none(missing: int | None, is_met: bool) -> None:
    newest, past = months([3.0] * 15 + [3.5] * 3)
    change = rule(kind="change", indicator="rate", line=0.5, window_periods=3)
    told = past if missing is None else past.drop(index=missing)
    assert len(find_changes(change, newest, told, BOTH, CITY)) == is_met


def test_readings_of_other_rules_alone_are_no_change() -> None:
    newest, _ = months([3.0] * 18, indicator="ratio")
    change = rule(kind="change", indicator="rate", line=0.5, window_periods=3)
    assert find_changes(change, newest, pd.DataFrame(), BOTH, CITY).empty


def test_where_lower_is_worse_a_fall_from_the_high_is_the_change() -> None:
    change = rule(kind="change", indicator="ratio", line=0.2, window_periods=3)
    fallen = months([1.2] * 15 + [1.0] * 3, indicator="ratio")
    assert find_changes(change, *fallen, BOTH, CITY)["expected"].tolist() == pytest.approx([1.2])
    assert find_changes(change, *months([1.0] * 15 + [1.2] * 3, indicator="ratio"), BOTH, CITY).empty


def ending(
    people: int, on: str, area: str = "371502", employer: str = "e1", indicator: str = "insured_deferring"
) -> dict[str, object]:
    own = {"indicator": indicator, "industry": "C" if indicator == "insured_deferring" else "ALL"}
    return own | {"employer": employer, "area": area, "people": people, "ends_on": pd.Timestamp(on)}


def test_deferrals_that_end_within_the_window_add_up_by_area_industry_and_city() -> None:
    deadline = rule(
        kind="deadline", indicator="insured_deferring", scope="city;area;industry", line=500, window_days=30
    )
    endings = pd.DataFrame(
        [
            ending(300, "2026-11-29"),  # day 30 counts
            ending(200, "2026-10-30", employer="e2"),  # today counts
            ending(900, "2026-11-30", employer="e3"),  # day 31 does not
            ending(499, "2026-11-05", area="371503", employer="e4"),
        ]
    )
    found = find_deadlines(deadline, endings, DAY, CITY)
    told = set(zip(found["area"], found["industry"], found["people"], strict=True))
    assert told == {(CITY, "ALL", 999.0), ("371502", "ALL", 500.0), (CITY, "C", 999.0)}
    assert find_deadlines(deadline, endings[:0], DAY, CITY).empty


@pytest.mark.parametrize(
    ("people", "on", "levels"),
    [
        (49, "2026-11-29", []),
        (50, "2026-11-29", [4]),  # day 30 counts
        (50, "2026-11-30", []),  # day 31 does not
        (50, "2026-10-30", [4]),  # today counts
        (50, "2026-10-29", []),
        (199, "2026-11-29", [4]),
        (200, "2026-11-29", [3]),
    ],
)
def test_the_shipped_rule_of_posts_is_met_at_its_lines_and_days(people: int, on: str, levels: list[int]) -> None:
    shipped = REGION.rules[REGION.rules["rule_id"] == "welfare_post_ends"].assign(only_area=None, except_areas="")
    assert not shipped["is_enabled"].any()
    posts = pd.DataFrame(
        [ending(people - 1, on, indicator="welfare_post"), ending(1, on, "371502", "e2", "welfare_post")]
    )
    found = find_deadlines(shipped, posts, DAY, CITY)
    assert sorted(found["area"]) == sorted(["371502", CITY] * len(levels))
    assert found["level"].tolist() == levels * 2
    assert set(found["people"]) <= {float(people)}


def test_a_rule_on_deadlines_is_held_against_the_endings_of_its_own_indicator() -> None:
    both = pd.concat(
        [
            rule(rule_id=name, kind="deadline", indicator=name, scope="area", line=100, window_days=30)
            for name in ("insured_deferring", "welfare_post")
        ],
        ignore_index=True,
    )
    on = "2026-11-10"
    endings = pd.DataFrame([ending(90, on), ending(20, on, employer="e2"), ending(99, on, indicator="welfare_post")])
    assert find_deadlines(both, endings, DAY, CITY)[["rule_id", "people"]].to_numpy().tolist() == [
        ["insured_deferring", 110.0]
    ]
    one_more = pd.concat([endings, pd.DataFrame([ending(1, on, employer="e3", indicator="welfare_post")])])
    found = find_deadlines(both, one_more, DAY, CITY).set_index("rule_id")["people"]
    assert found.to_dict() == {"insured_deferring": 110.0, "welfare_post": 100.0}


def test_slots_that_did_not_come_are_a_data_fault_of_the_area() -> None:
    fault = rule(kind="data_fault", indicator="rate", scope="area", line=3, window_days=10)
    due = [DAY - timedelta(days=back) for back in (0, 1, 9, 10)]
    faults = pd.DataFrame({"indicator": "rate", "area": "371502", "due_on": pd.to_datetime(due)})
    found = find_data_faults(fault, faults, DAY)
    assert found[["area", "industry", "observed"]].to_numpy().tolist() == [["371502", "ALL", 3.0]]
    assert find_data_faults(fault, faults[1:], DAY).empty  # the tenth day before is out of the window


def finding(data_to: date, level: int = 3, area: str = "371502") -> pd.DataFrame:
    row = dict.fromkeys(FINDING) | {
        "rule_id": "r", "kind": "spike", "indicator": "benefit_claim", "area": area, "industry": "ALL", "level": level,
        "window_from": data_to, "window_to": data_to, "data_to": pd.Timestamp(data_to), "people": 30.0,
    }  # fmt: skip
    return pd.DataFrame([row])


def test_two_of_three_workdays_are_waited_for() -> None:
    patient = rule(kind="spike", indicator="benefit_claim", grain="day", min_strength=3, enter_k=2, enter_n=3)
    none = finding(DAY)[:0]
    alone = find_waiting(finding(DAY), patient, none, {}, REGION, DAY)
    assert alone.tolist() == ["enter 1/2"]
    wednesday, tuesday = DAY - timedelta(days=2), DAY - timedelta(days=3)
    assert find_waiting(finding(DAY), patient, finding(wednesday), {}, REGION, DAY).tolist() == [None]
    assert find_waiting(finding(DAY), patient, finding(tuesday), {}, REGION, DAY).tolist() == ["enter 1/2"]
    assert find_waiting(finding(DAY), patient, finding(DAY), {}, REGION, DAY).tolist() == [
        "enter 1/2"
    ]  # the same data again
    monday, friday = DAY + timedelta(days=3), DAY
    assert find_waiting(finding(monday), patient, finding(friday), {}, REGION, monday).tolist() == [
        None
    ]  # days off between
    assert find_waiting(finding(DAY), patient, finding(wednesday, area="371503"), {}, REGION, DAY).tolist() == [
        "enter 1/2"
    ]
    assert look_back_days(patient) > 10
    assert look_back_days(patient.assign(enter_n=None)) == 0


def test_months_are_counted_as_months() -> None:
    patient = rule(kind="level", indicator="benefit_claim", line=1, enter_k=2, enter_n=2)
    october, september, august = date(2026, 10, 1), date(2026, 9, 1), date(2026, 8, 1)
    assert find_waiting(finding(october), patient, finding(september), {}, REGION, DAY).tolist() == [None]
    assert find_waiting(finding(october), patient, finding(august), {}, REGION, DAY).tolist() == ["enter 1/2"]


def test_a_finding_that_waits_opens_nothing_and_renews_what_is_open() -> None:
    waits = finding(DAY).assign(waits_for="enter 1/2")
    assert advance([], waits, {}, {"r": 7}, DAY) == []
    first = advance([], finding(DAY - timedelta(days=1)), {}, {"r": 7}, DAY - timedelta(days=1))
    again = advance(first, waits, {}, {"r": 7}, DAY)
    assert again[0].data_to == DAY


def test_after_a_warning_was_closed_the_same_is_not_told_for_a_while_unless_it_is_worse() -> None:
    cool = rule(kind="spike", indicator="benefit_claim", grain="day", min_strength=3, cool_down_days=14)
    key = ("r", "benefit_claim", "371502", "ALL", "")
    none = finding(DAY)[:0]
    closed = {key: (3, DAY - timedelta(days=13))}
    assert find_waiting(finding(DAY), cool, none, closed, REGION, DAY).tolist() == ["cool_down 2026-10-31"]
    assert find_waiting(finding(DAY, level=2), cool, none, closed, REGION, DAY).tolist() == [None]
    over = {key: (3, DAY - timedelta(days=14))}
    assert find_waiting(finding(DAY), cool, none, over, REGION, DAY).tolist() == [None]


def open_warning(kind: str = "spike", indicator: str = "benefit_claim") -> EarlyWarning:
    return opened(finding(DAY).iloc[0].to_dict() | {"kind": kind, "indicator": indicator}, DAY)


@pytest.mark.parametrize(("strength", "stays"), [(2.0, True), (1.9, False), (float("nan"), False)])
def test_a_spike_is_left_only_below_its_leave_line(strength: float, stays: bool) -> None:
    terms = rule(kind="spike", indicator="benefit_claim", grain="day", min_strength=3, leave_line=2.0)
    score = pd.DataFrame([{"indicator": "benefit_claim", "area": "371502", "industry": "ALL", "strength": strength}])
    warning = open_warning()
    stay = WARNING_KINDS["spike"].still_exceeding([warning], inputs(None, terms, score=score))
    assert stay == ({warning.key} if stays else set())
    later = DAY + timedelta(days=7)
    after = advance([warning], finding(DAY)[:0], {warning.key: (later, 7)}, {"r": 7}, later, stay)
    assert [one.status for one in after] == ["open" if stays else "closed"]
    assert after[0].quiet_periods == (0 if stays else 7)


@pytest.mark.parametrize(("value", "stays"), [(1.6, True), (1.5, True), (1.4, False)])
def test_a_level_is_left_only_below_its_leave_line(value: float, stays: bool) -> None:
    terms = rule(kind="level", indicator="rate", line=2.0, leave_line=1.5)
    warning = open_warning("level", "rate")
    newest_reading, _ = months([*FLAT, value])
    known = inputs(None, terms, readings=newest_reading, worse=BOTH)
    assert bool(WARNING_KINDS["level"].still_exceeding([warning], known)) is stays


def test_an_override_holds_in_its_area_and_time_only() -> None:
    terms = REGION.rules[REGION.rules["rule_id"] == "job_loss_rate_level"]
    override = pd.DataFrame(
        [
            {
                "rule_id": "job_loss_rate_level", "level": 3, "area": "371502", "line": 3.0,
                "effective_from": pd.Timestamp("2026-10-01"), "effective_to": pd.Timestamp("2026-10-30"),
            }
        ],
        columns=REGION.rule_overrides.columns,
    )  # fmt: skip
    reading, _ = months([*FLAT, 2.5], indicator="job_loss_rate")
    worse = {"job_loss_rate": "higher"}

    def level_of(area: str, day: date) -> list[int]:
        known = reading.assign(area=area, numerator=25.0)
        return find_levels(apply_overrides(terms, override, day), known, worse, CITY)["level"].tolist()

    assert level_of("371502", DAY) == [4]  # yellow begins at 3 there, until today
    assert level_of("371502", DAY + timedelta(days=1)) == [3]
    assert level_of("371503", DAY) == [3]


def test_agreeing_sources_raise_a_level_by_one_where_the_rule_says_so() -> None:
    series = {"indicator": "benefit_claim", "area": "371502", "industry": "ALL"}
    told = pd.DataFrame([series | {"source": name, "says": "agrees"} for name in ("insurance", "telecom")])
    found = pd.concat([finding(DAY, level=3), finding(DAY, level=1), finding(DAY, level=3, area="371503")])
    found = found.reset_index(drop=True)
    terms = rule(kind="spike", indicator="benefit_claim", min_strength=3)
    assert raise_levels(found, terms.assign(raise_by=2.0), told).tolist() == [2, 1, 3]
    assert raise_levels(found, terms.assign(raise_by=3.0), told).tolist() == [3, 1, 3]
    assert raise_levels(found, terms, told).tolist() == [3, 1, 3]  # off


def test_a_warning_knows_itself_from_its_row() -> None:
    warning = open_warning()
    assert from_row(vars(warning)) == warning


def test_the_release_stands_for_every_rule_that_is_shipped_enabled_and_for_no_other() -> None:
    enabled = REGION.rules[REGION.rules["is_enabled"]]
    assert {rule_id for rule_id, _ in released(REGION)} == set(enabled["rule_id"])
    assert released(REGION) == {(name, rule_hash(newest(REGION, name))) for name in enabled["rule_id"].unique()}
    assert REGION.rule_release["evidence"].str.len().gt(5).all()


def test_a_hash_is_of_what_a_rule_is_met_by() -> None:
    rows = newest(REGION, "benefit_claim_spike")
    same = rows.iloc[::-1].assign(title="x", basis="y", author="z", is_enabled=False)
    assert rule_hash(same) == rule_hash(rows)
    assert rule_hash(rows.assign(min_people=rows["min_people"] + 1)) != rule_hash(rows)
    assert rule_hash(rows.assign(enter_k=2, enter_n=3)) != rule_hash(rows)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(LIAOCHENG, tmp_path / "liaocheng"))


END = ",,,,,,,,,"  # the last columns of a shipped row, empty
ROW = "x,题,{kind},benefit_claim,area,day,3,3,1.2,10,{line},,,{days},7,[P] 依据,2016-01-01,,false"


@pytest.mark.parametrize(
    ("row", "column", "fix"),
    [
        (ROW.format(kind="spike", line="", days="") + ",,,2,,,,,,", "enter_n", "同时填写"),
        (ROW.format(kind="spike", line="", days="") + ",,,3,2,,,,,", "enter_k", "n 期中的 k 期"),
        (ROW.format(kind="spike", line="", days="") + ",,,,,3.5,,,,", "leave_line", "高于触发线"),
        (ROW.format(kind="spike", line="", days="") + ",,,,,,0,,,", "cool_down_days", "正整数"),
        (ROW.format(kind="spike", line="", days="") + ",,,,,,,,甲,", "approver", "同时填写"),
        (ROW.format(kind="spike", line="", days="") + ",,,,,,,,甲,甲", "approver", "两个人"),
        (ROW.format(kind="change", line="1", days="") + END, "window_periods", "取平均的期数"),
        (ROW.format(kind="deadline", line="1", days="") + END, "window_days", "天数"),
        (ROW.format(kind="data_fault", line="", days="3") + END, "line", "预警线"),
        (ROW.format(kind="unreported", line="20", days="30") + END, "max_p", "0.001"),
        (ROW.format(kind="unreported", line="20", days="30") + ",1.5,,,,,,,,", "max_p", "0 和 1"),
    ],
)
def test_a_wrong_term_is_named(folder: Path, row: str, column: str, fix: str) -> None:
    with (folder / "rules.csv").open("a", encoding="utf-8") as file:
        file.write(f"{row}\n")
    with pytest.raises(UserError) as refusal:
        regions.load(folder)
    assert f"“{column}”" in str(refusal.value)
    assert fix in str(refusal.value)


OVERRIDE = "rule_id,level,area,min_strength,min_ratio,min_people,line,margin,min_base,basis,effective_from,effective_to,author,approver\n"


@pytest.mark.parametrize(
    ("row", "column", "fix"),
    [
        ("job_loss_rate_level,3,371502,,,,3,,,试点,2026-01-01,2026-12-31,甲,甲", "approver", "两个人"),
        ("job_loss_rate_level,3,371502,,,,3,,,试点,2026-01-01,,甲,乙", "effective_to", "日期"),
        ("job_loss_rate_level,3,371502,,,,3,,,试点,2026-01-01,2027-02-01,甲,乙", "effective_to", "366"),
        ("job_loss_rate_level,3,371502,,,,,,,试点,2026-01-01,2026-12-31,甲,乙", "line", "至少"),
        ("job_loss_rate_level,3,371500,,,,3,,,试点,2026-01-01,2026-12-31,甲,乙", "area", "371500"),
        ("no_such_rule,3,371502,,,,3,,,试点,2026-01-01,2026-12-31,甲,乙", "rule_id", "no_such_rule"),
        (
            "job_loss_rate_level,3,371502,4,,,3,,,试点,2026-01-01,2026-12-31,甲,乙",
            "min_strength",
            "不用于 level 类规则",
        ),
        ("employer_layoff,4,371502,,10,,,,,试点,2026-01-01,2026-12-31,甲,乙", "min_ratio", "如 0.1"),
        ("job_loss_rate_level,3,371502,,,,3,,,试点,2026-01-01,2026-12-31,Wang,wang", "approver", "两个人"),
        ("employer_layoff,9,371502,,,,3,,,试点,2026-01-01,2026-12-31,甲,乙", "level", "级别"),
        ("employer_layoff,4,371502,,,,10,,,试点,2026-01-01,2026-12-31,甲,乙", "line", "另一行变严"),
        ("employer_layoff,4,371502,,0.05,,,,,试点,2026-01-01,2026-12-31,甲,乙", "min_ratio", "另一行变严"),
    ],
)
def test_a_wrong_override_is_named(folder: Path, row: str, column: str, fix: str) -> None:
    (folder / "rule_overrides.csv").write_text(OVERRIDE + row + "\n", encoding="utf-8")
    with pytest.raises(UserError) as refusal:
        regions.load(folder)
    assert f"rule_overrides.csv 第 2 行“{column}”" in str(refusal.value)
    assert fix in str(refusal.value)


def test_overrides_of_one_line_do_not_overlap(folder: Path) -> None:
    row = "job_loss_rate_level,3,371502,,,,3,,,试点,{},{},甲,乙\n"
    both = row.format("2026-01-01", "2026-06-30") + row.format("2026-06-30", "2026-12-31")
    (folder / "rule_overrides.csv").write_text(OVERRIDE + both, encoding="utf-8")
    with pytest.raises(UserError, match="重叠"):
        regions.load(folder)
    both = row.format("2026-01-01", "2026-06-29") + row.format("2026-06-30", "2026-12-31")
    (folder / "rule_overrides.csv").write_text(OVERRIDE + both, encoding="utf-8")
    assert len(regions.load(folder).rule_overrides) == 2


@pytest.mark.parametrize(
    "limits",
    [
        "employer_layoff,4,371502,,,,,,200",
        "employer_layoff,4,371502,,,,30,,",
        "employer_layoff,2,371502,,,,237,,",
        "benefit_claim_spike,3,371502,4,,,,,",
    ],
)
def test_an_override_that_changes_all_rows_of_a_level_one_way_holds(folder: Path, limits: str) -> None:
    row = f"{limits},试点,2026-01-01,2026-12-31,甲,乙\n"
    (folder / "rule_overrides.csv").write_text(OVERRIDE + row, encoding="utf-8")
    assert len(regions.load(folder).rule_overrides) == 1
