"""Rules about one cohort, or about employers of some sizes: judged where something is known of them, else named."""

import shutil
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pytest

from pipelines.cli.rules import differences
from pipelines.core.domain import UserError
from pipelines.core.region import load as regions
from pipelines.core.region.rule_version import newest, rule_hash
from pipelines.core.region.rules import RULE
from pipelines.judging.findings import FINDING
from pipelines.judging.kinds.deadline import find_deadlines
from pipelines.judging.kinds.early import find_early
from pipelines.judging.kinds.event import find_events
from pipelines.judging.kinds.exceedance import find_exceedances
from pipelines.judging.kinds.rehire import find_rehired
from pipelines.judging.kinds.several import find_several
from pipelines.judging.kinds.spike import find_spikes
from pipelines.judging.lifecycle import opened
from pipelines.judging.rule_evaluation import advance_warnings, evaluate_rules
from pipelines.judging.rule_inputs import in_force_on, load_inputs
from pipelines.judging.rule_kind import EditionContext, RuleInputs, RulesOn
from pipelines.judging.rule_scope import without_readings
from pipelines.warehouse.tables import define

LIAOCHENG = Path(__file__).parents[2] / "data" / "regions" / "liaocheng"
REGION = regions.load(LIAOCHENG)
CITY, AREA = "371500", "371502"
DAY = date(2026, 10, 30)
CUTOFF = datetime(2026, 10, 29, 23)  # noqa: DTZ001 - the warehouse holds naive UTC


def rule(**values: object) -> pd.DataFrame:
    """One row with the columns of rules.csv, in force everywhere and of everybody."""
    given = {
        "rule_id": "r",
        "scope": "city;area;industry;cell",
        "grain": "month",
        "level": 3,
        "leave_after": 2,
    } | values
    frame = pd.DataFrame([dict.fromkeys(RULE) | {"cohort": "all", "is_enabled": True} | given])
    words = ("industries", "author", "approver", "title", "basis", "effective_from", "effective_to")
    numbers = [name for name in RULE if name not in given and name not in (*words, "cohort", "is_enabled")]
    frame[numbers] = frame[numbers].astype("float64")
    return frame


@pytest.fixture
def con() -> duckdb.DuckDBPyConnection:
    """A warehouse in which a year and a half of a rate is known of everybody and of migrant workers."""
    with duckdb.connect() as opened_here:
        define(opened_here, "reading")
        months = pd.date_range("2025-03-01", "2026-09-01", freq="MS")
        for cohort, last in (("all", 1.1), ("migrant", 6.0)):
            frame = pd.DataFrame({"period": months, "value": [1.0] * (len(months) - 1) + [last]}).assign(
                indicator="job_loss_rate", area=AREA, industry="ALL", cohort=cohort, grain="month", numerator=60.0,
                denominator=1000.0, units=30, largest_unit=5.0, reporting=1, due=1, is_provisional=False,
                is_suppressed=False, known_from=CUTOFF, known_to=pd.Series(pd.NaT, index=range(len(months))),
            )  # fmt: skip
            opened_here.register("incoming", frame)
            opened_here.execute("insert into reading by name select * from incoming")
        yield opened_here


def inputs(
    con: duckdb.DuckDBPyConnection | None, rules: pd.DataFrame, rules_on: RulesOn | None = None, day: date = DAY,
    cutoff_at: datetime = CUTOFF, **known: Any,
) -> RuleInputs:  # fmt: skip
    """What is known to rules that are held against it; without a connection nothing is asked of the warehouse."""
    place = EditionContext(con if con is not None else duckdb.connect(), REGION, day, cutoff_at)
    return RuleInputs(place, rules, rules_on or (lambda _: rules), **known)


def findings(con: duckdb.DuckDBPyConnection, chosen: pd.DataFrame) -> pd.DataFrame:
    fresh = con.execute("select * from reading").df()
    place = EditionContext(con, REGION, DAY, CUTOFF)
    known = load_inputs(place, lambda day: in_force_on(REGION, day, chosen), pd.DataFrame(), fresh)
    return evaluate_rules(known, pd.DataFrame(columns=FINDING), {})


LEVEL = {"kind": "level", "indicator": "job_loss_rate", "line": 4.0, "margin": 2.0}


def test_a_rule_of_a_cohort_judges_the_readings_of_that_cohort_and_of_no_other(con: duckdb.DuckDBPyConnection) -> None:
    chosen = [rule(**LEVEL, rule_id=name, cohort=name) for name in ("all", "migrant", "graduate")]
    both = findings(con, pd.concat(chosen, ignore_index=True))
    assert both[["rule_id", "observed", "expected"]].to_numpy().tolist() == [["migrant", 6.0, 1.0]]
    change = rule(**LEVEL | {"kind": "change", "line": 1.0}, window_periods=3, cohort="migrant")
    assert findings(con, change)["observed"].tolist() == [pytest.approx(8 / 3)]
    assert findings(con, change.assign(cohort="all")).empty


def test_a_rule_about_a_size_of_employers_judges_no_indicator(con: duckdb.DuckDBPyConnection) -> None:
    sized = rule(**LEVEL, cohort="migrant", staff_most=30)
    assert in_force_on(REGION, DAY, sized).empty
    assert findings(con, sized).empty


def test_a_cohorts_warning_is_held_against_its_own_readings(con: duckdb.DuckDBPyConnection) -> None:
    in_force = pd.concat([rule(**LEVEL), rule(**LEVEL, rule_id="m", cohort="migrant")], ignore_index=True)
    row = {"rule_id": "m", "kind": "level", "indicator": "job_loss_rate", "area": AREA, "industry": "ALL", "level": 3}
    numbers = dict.fromkeys(("observed", "expected", "lo", "hi", "p", "people", "line"))
    days = dict.fromkeys(("window_from", "window_to", "data_to"), DAY)
    warning = opened(row | numbers | days | {"employer": None, "employer_name": None}, DAY)
    readings = con.execute("select * from reading").df()
    score = pd.DataFrame({"strength": [9.0], "cohort": "all"})
    parts = list(inputs(None, in_force, readings=readings, score=score).by_cohort())
    told = [(part.rules["rule_id"].tolist(), set(part.readings["cohort"]), len(part.score)) for _, part in parts]
    assert told == [(["r"], {"all"}, 1), (["m"], {"migrant"}, 0)]
    leaving = in_force.assign(leave_line=3.0)  # everybody's 1.1 is below it, the migrants' 6.0 is not
    newest = readings[readings["period"] == readings["period"].max()].assign(usual=1.0, history=18)
    later = inputs(con, leaving, readings=newest)
    before = [replace(warning, judged_to=date(2026, 8, 1)), replace(warning, rule_id="r", judged_to=date(2026, 8, 1))]
    held, left = advance_warnings(later, pd.DataFrame(columns=FINDING), before)
    assert (held.quiet_periods, left.quiet_periods) == (0, 1)


def report(employer: str, staff: int, planned: int) -> dict[str, object]:
    at = pd.Timestamp("2026-10-20")
    return {
        "report_id": employer, "employer": employer, "employer_name": "示例厂", "area": AREA, "industry": "C",
        "staff": staff, "planned": planned, "told_on": at, "reported_on": at, "effective_on": at + timedelta(days=10),
    }  # fmt: skip


REPORTS = pd.DataFrame([report(f"e{staff}", staff, 20) for staff in (29, 30, 31, 300, 301)])


@pytest.mark.parametrize(
    ("least", "most", "wanted"),
    [
        (np.nan, 30, ["e29", "e30"]), (31, 300, ["e300", "e31"]), (301, np.nan, ["e301"]), (302, np.nan, []),
        (np.nan, np.nan, ["e29", "e30", "e300", "e301", "e31"]),
    ],
)  # fmt: skip
def test_reports_count_by_the_size_of_their_employer(least: float, most: float, wanted: list[str]) -> None:
    sizes = {"staff_least": least, "staff_most": most, "scope": "employer"}
    event = rule(kind="event", indicator="layoff_reported", line=20.0, window_days=30.0, **sizes)
    assert sorted(find_events(event, REPORTS, DAY)["employer"]) == wanted
    early = rule(kind="early", indicator="layoff_reported", line=20.0, window_days=30.0, **sizes)
    assert sorted(find_early(early, REPORTS, DAY)["employer"]) == wanted
    joined = pd.DataFrame({"report_id": REPORTS["report_id"], "joined": 12, "returned": 0})
    rehire = rule(kind="rehire", indicator="layoff_reported", line=10.0, **sizes)
    assert sorted(find_rehired(rehire, REPORTS, joined)["employer"]) == wanted
    several = rule(kind="several", indicator="layoff_reported", line=1.0, window_days=30.0, **sizes | {"scope": "area"})
    summed = find_several(several, REPORTS, DAY, CITY)["people"].tolist()
    assert summed == ([20.0 * len(wanted)] if len(wanted) > 1 else [])


def test_deferrals_count_by_the_size_of_their_employer() -> None:
    endings = pd.DataFrame(
        {
            "indicator": "insured_deferring",
            "employer": ["a", "b"],
            "area": AREA,
            "industry": "C",
            "people": [30, 31],
            "ends_on": pd.Timestamp("2026-11-02"),
        }
    )
    ends = {"kind": "deadline", "indicator": "insured_deferring", "line": 1.0, "window_days": 30.0, "scope": "city"}
    assert find_deadlines(rule(**ends, staff_most=30), endings, DAY, CITY)["people"].tolist() == [30.0]
    both = pd.concat([rule(**ends, staff_most=30), rule(**ends, staff_least=31, rule_id="s")], ignore_index=True)
    assert sorted(find_deadlines(both, endings, DAY, CITY)["people"]) == [30.0, 31.0]


def test_what_a_rule_cannot_judge_is_named() -> None:
    told = pd.DataFrame(
        [
            ("a", "all", "month", "ALL", True), ("a", "all", "month", "C", False), ("a", "migrant", "month", "ALL", True),
            ("b", "all", "day", "ALL", True), ("b", "all", "day", "C", True),
        ],
        columns=["indicator", "cohort", "grain", "industry", "is_scored"],
    )  # fmt: skip

    def bare(**values: object) -> bool:
        return bool(without_readings(rule(**{"indicator": "a"} | values), told))

    assert not bare(kind="level")
    assert not bare(kind="level", cohort="migrant")
    assert bare(kind="level", cohort="graduate")
    assert bare(kind="level", grain="week")
    assert bare(kind="level", staff_most=30)
    assert not bare(kind="spike", indicator="b", grain="day")
    assert not bare(kind="spike", cohort="migrant", grain="week")
    assert bare(kind="spike", cohort="graduate", grain="week"), "nobody was ever named one"
    assert not bare(kind="event", indicator="nowhere", staff_most=30)
    assert not bare(kind="level", industries="C;F")
    assert bare(kind="level", industries="F")
    assert bare(kind="spike", industries="C"), "nothing is expected of it"
    assert not bare(kind="spike", indicator="b", grain="day", industries="C")
    both = pd.concat([rule(kind="level", indicator="a"), rule(kind="change", rule_id="c", indicator="b")])
    assert without_readings(both, told) == ["c"]


def test_a_scope_makes_another_version_and_none_leaves_the_old_one() -> None:
    rows = newest(REGION, "employer_layoff")
    assert (rows["cohort"] == "all").all()
    assert ("employer_layoff", rule_hash(rows)) in set(
        zip(REGION.rule_release["rule_id"], REGION.rule_release["rule_hash"], strict=True)
    )
    hashes = {rule_hash(rows), rule_hash(rows.assign(staff_most=30)), rule_hash(rows.assign(staff_least=30))}
    assert len(hashes | {rule_hash(rows.assign(cohort="migrant")), rule_hash(rows.assign(industries="C"))}) == 5
    assert rule_hash(rows.assign(industries="C")) != rule_hash(rows.assign(industries="F"))


def test_a_rule_of_an_industry_judges_its_series_and_no_total(con: duckdb.DuckDBPyConnection) -> None:
    con.execute("update reading set industry = 'C'")
    con.execute("insert into reading by name select * replace ('F' as industry) from reading")
    con.execute("insert into reading by name select * replace ('ALL' as industry) from reading where industry = 'F'")
    scope = {"cohort": "migrant", "scope": "cell;industry"}
    level, change = rule(**LEVEL, **scope), rule(**LEVEL | {"kind": "change"}, window_periods=3, **scope)
    for kind in (level, change.assign(line=1.0)):
        told = {
            codes: sorted(findings(con, kind.assign(industries=codes))["industry"]) for codes in (None, "C", "F", "C;F")
        }
        assert told == {None: ["C", "F"], "C": ["C"], "F": ["F"], "C;F": ["C", "F"]}
        assert findings(con, kind.assign(industries="U")).empty


def test_rises_count_by_their_industry_alone() -> None:
    score = pd.DataFrame({"industry": ["ALL", "C", "F"]}).assign(
        indicator="benefit_claim", area=CITY, level=["total", "industry", "industry"], grain="day", observed=90.0,
        expected=10.0, variance=10.0, p=1e-9, strength=9.0, window_from=pd.Timestamp(DAY), data_to=pd.Timestamp(DAY),
        window_periods=7,
    )  # fmt: skip
    spike = rule(kind="spike", indicator="benefit_claim", min_strength=3.0, grain="day")
    assert sorted(find_spikes(spike, score, {"benefit_claim": "higher"})["industry"]) == ["ALL", "C", "F"]
    assert find_spikes(spike.assign(industries="F"), score, {"benefit_claim": "higher"})["industry"].tolist() == ["F"]
    spans = score.drop(columns=["window_periods", "level"]).assign(
        window_to=pd.Timestamp(DAY), lo=5.0, hi=15.0, horizon=8.0
    )
    ahead = spike.assign(kind="exceedance", window_periods=8.0, industries="C")
    assert find_exceedances(ahead, spans, CITY)["industry"].tolist() == ["C"]


def test_employers_count_by_their_industry_also_where_they_are_summed() -> None:
    reports = REPORTS.assign(industry=["C", "C", "F", "F", "U"])
    named = {"industries": "C;U", "line": 20.0}
    event = rule(kind="event", indicator="layoff_reported", window_days=30.0, scope="employer", **named)
    assert sorted(find_events(event, reports, DAY)["employer"]) == ["e29", "e30", "e301"]
    assert sorted(find_early(event.assign(kind="early"), reports, DAY)["employer"]) == ["e29", "e30", "e301"]
    joined = pd.DataFrame({"report_id": reports["report_id"], "joined": 30, "returned": 0})
    assert sorted(find_rehired(event.assign(kind="rehire"), reports, joined)["employer"]) == ["e29", "e30", "e301"]
    several = event.assign(kind="several", scope="area;industry")
    both = pd.concat([several, several.assign(rule_id="s", industries="F", staff_most=300)], ignore_index=True)
    told = find_several(both, reports, DAY, CITY)
    assert sorted(zip(told["rule_id"], told["industry"], told["people"], strict=True)) == [
        ("r", "ALL", 60.0), ("r", "C", 40.0), ("s", "ALL", 40.0), ("s", "F", 40.0),
    ]  # fmt: skip
    endings = pd.DataFrame(
        {"employer": ["a", "b"], "area": AREA, "industry": ["C", "F"], "people": [30, 31], "ends_on": pd.Timestamp(DAY)}
    ).assign(indicator="insured_deferring")
    ends = {"kind": "deadline", "indicator": "insured_deferring", "window_days": 30.0, "scope": "city"}
    assert find_deadlines(rule(**ends | named), endings, DAY, CITY)["people"].tolist() == [30.0]


def test_a_change_of_industries_is_told_as_a_difference() -> None:
    rows = newest(REGION, "employer_layoff")
    told = differences(rows, rows.assign(industries="C"))
    assert len(told) == len(rows)
    assert all(line.endswith("industries：空 → C") for line in told)


@pytest.mark.parametrize(
    ("kind", "scope", "column", "fix"),
    [
        ("level", "pensioner,,", "cohort", "codes.csv 的 cohort"),
        ("event", "migrant,,", "cohort", "只用于 spike、level 和 change"),
        ("event", ",0,", "staff_least", "正整数"),
        ("event", ",31,30", "staff_most", "小于 staff_least"),
    ],
)
def test_a_wrong_scope_is_named(tmp_path: Path, kind: str, scope: str, column: str, fix: str) -> None:
    folder = Path(shutil.copytree(LIAOCHENG, tmp_path / "liaocheng"))
    path = folder / "rules.csv"
    head, *lines = path.read_text(encoding="utf-8").splitlines()
    days = "" if kind == "level" else "30"
    row = f"x,题,{kind},layoff_reported,area,month,3,,,,20,,,{days},7,[P] 依据,2016-01-01,,false,,,,,,,,,,{scope}"
    rows = [f"{head},cohort,staff_least,staff_most", *(f"{line},,," for line in lines), row]
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    with pytest.raises(UserError) as refusal:
        regions.load(folder)
    assert f"“{column}”" in str(refusal.value)
    assert fix in str(refusal.value)
