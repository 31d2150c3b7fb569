"""Rows of rules.csv that would crash, never fire, or be taken and ignored are refused by one sentence each."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from models.evidence import MIN_RATIO
from pipelines.core.catalogue.rule_terms import LEAST_RATIO, TERMS
from pipelines.core.domain import UserError
from pipelines.core.region import load as regions
from pipelines.core.region.rule_version import before, newest
from pipelines.core.region.rules import RULE

LIAOCHENG = Path(__file__).parents[2] / "data" / "regions" / "liaocheng"
Load = Callable[..., regions.Region]

SPIKE = {"kind": "spike", "indicator": "benefit_claim", "scope": "area", "grain": "day", "min_strength": "3"}
AHEAD = SPIKE | {"kind": "exceedance", "window_periods": "8"}
LEVEL = {"kind": "level", "indicator": "job_loss_rate", "scope": "area", "grain": "month", "line": "2"}
LOWER = LEVEL | {"indicator": "vacancy_seeker_ratio", "scope": "city", "line": "1"}
CHANGE = LEVEL | {"kind": "change", "window_periods": "3"}
EVENT = {"kind": "event", "indicator": "layoff_reported", "scope": "employer", "grain": "day", "line": "20"}
SEVERAL = EVENT | {"kind": "several", "scope": "area", "window_days": "30"}
DEADLINE = SEVERAL | {"kind": "deadline", "indicator": "insured_deferring", "grain": "month"}
POSTS = DEADLINE | {"indicator": "welfare_post"}
FAULT = SEVERAL | {"kind": "data_fault", "indicator": "benefit_claim", "line": "3"}
EARLY = EVENT | {"kind": "early", "window_days": "30"}
REHIRE = EVENT | {"kind": "rehire"}
UNREPORTED = EARLY | {"kind": "unreported", "indicator": "insured_leave", "min_people": "10", "max_p": "0.001"}
KINDS = (SPIKE, AHEAD, LEVEL, CHANGE, EVENT, SEVERAL, DEADLINE, FAULT, EARLY, REHIRE, UNREPORTED)


def written(**said: str) -> str:
    given = {
        "rule_id": "x", "title": "题", "level": "3", "leave_after": "7", "basis": "[P] 依据", "is_enabled": "false",
        "effective_from": "2020-01-01",
    } | said  # fmt: skip
    return ",".join(given.get(column, "") for column in RULE)


@pytest.fixture
def load(tmp_path: Path) -> Load:
    """Liaocheng with these rows for its only rules."""

    def of(*rows: dict[str, str]) -> regions.Region:
        folder = Path(shutil.copytree(LIAOCHENG, tmp_path / "liaocheng", dirs_exist_ok=True))
        (folder / "playbook.csv").unlink(missing_ok=True)
        lines = [",".join(RULE), *(written(**row) for row in rows)]
        (folder / "rules.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
        return regions.load(folder)

    return of


def refusal(load: Load, *rows: dict[str, str]) -> str:
    with pytest.raises(UserError) as refused:
        load(*rows)
    said = str(refused.value)
    assert said.startswith(f"liaocheng/rules.csv 第 {len(rows) + 1} 行")
    return said


def test_every_kind_can_be_written_and_no_rule_is_no_slip(load: Load) -> None:
    assert {row["kind"] for row in KINDS} == set(TERMS)
    rows = [row | {"rule_id": row["kind"]} for row in KINDS]
    assert load(*rows).rules["kind"].tolist() == [row["kind"] for row in KINDS]
    assert load().rules.empty
    assert load(POSTS | {"scope": "city;area"}).rules["indicator"].tolist() == ["welfare_post"]


@pytest.mark.parametrize(
    ("row", "scope"),
    [
        (SEVERAL, "area;cell"), (DEADLINE, "employer"), (EVENT, "area"), (FAULT, "city"), (LEVEL, "employer"),
        (UNREPORTED, "area"),
    ],
)  # fmt: skip
def test_a_place_where_the_kind_does_not_look_is_named(load: Load, row: dict[str, str], scope: str) -> None:
    said = refusal(load, row | {"scope": scope})
    assert f"“scope”列：“{scope}”不能用于 {row['kind']} 类规则，只能是：" in said


@pytest.mark.parametrize("row", [EVENT, SEVERAL, DEADLINE, EARLY, REHIRE, UNREPORTED])
def test_a_rule_of_facts_is_about_the_facts_of_its_kind(load: Load, row: dict[str, str]) -> None:
    said = refusal(load, row | {"indicator": "benefit_claim"})
    assert f"“indicator”列：“benefit_claim”不能用于 {row['kind']} 类规则，只能是：{row['indicator']}" in said


@pytest.mark.parametrize(
    ("row", "ignored"),
    [
        (SPIKE, "min_base window_days window_periods max_p line margin"),
        (AHEAD, "min_base window_days max_p line margin"),
        (LEVEL, "min_strength min_ratio window_days window_periods max_p"),
        (CHANGE, "min_people min_ratio margin leave_line"),
        (EVENT, "min_people margin enter_k leave_line"),
        (SEVERAL, "min_base min_people min_ratio enter_k"),
        (DEADLINE, "min_people enter_k"),
        (FAULT, "min_base enter_k"),
        (UNREPORTED, "cool_down_days raise_by"),
        (EARLY, "min_people"),
        (REHIRE, "window_days min_ratio"),
    ],
)
def test_a_column_the_kind_does_not_look_at_is_refused_and_what_it_takes_is_told(
    load: Load, row: dict[str, str], ignored: str
) -> None:
    for column in ignored.split():
        patient = {"enter_n": "3"} if column == "enter_k" else {}
        said = refusal(load, row | {column: "0.5" if column == "max_p" else "1"} | patient)
        assert f"“{column}”列" in said
        assert f"不用于 {row['kind']} 类规则，请留空；这类规则可填：" in said


@pytest.mark.parametrize(
    ("row", "column", "value", "fix"),
    [
        (EVENT, "effective_to", "2019-12-31", "早于 effective_from"),
        (EVENT, "window_days", "0", "正整数"),
        (SEVERAL, "window_days", "-5", "正整数"),
        (SPIKE, "leave_after", "0", "正整数"),
        (SPIKE, "min_people", "-50", "不能是负数"),
        (SPIKE, "min_ratio", "0.9", "不小于 1"),
        (EVENT, "min_ratio", "10", "如 0.1"),
        (EVENT, "min_ratio", "-0.1", "如 0.1"),
        (SEVERAL, "line", "0", "大于 0"),
        (AHEAD, "min_ratio", "0.9", "不小于 1"),
        (SPIKE, "min_ratio", "1.19", "应不小于 1.2"),
        (AHEAD, "leave_line", "3.5", "低于触发线"),
        (AHEAD, "window_periods", "", "提前几期"),
        (AHEAD, "window_periods", "9", "最多 8 周"),
        (AHEAD, "indicator", "job_loss_rate", "是比率"),
        (AHEAD, "grain", "month", "最短的周期"),
        (LEVEL, "leave_line", "5", "好的一侧"),
        (LOWER, "leave_line", "0.8", "好的一侧"),
    ],
)
def test_a_limit_that_cannot_be_met_or_missed_is_refused(
    load: Load, row: dict[str, str], column: str, value: str, fix: str
) -> None:
    said = refusal(load, row | {column: value})
    assert f"“{column}”列" in said
    assert fix in said


def test_a_rule_asks_at_least_what_the_detector_asks() -> None:
    assert LEAST_RATIO == MIN_RATIO


def test_rules_on_readings_of_one_indicator_judge_one_grain(load: Load) -> None:
    monthly = LEVEL | {"rule_id": "a", "indicator": "insured_net_change", "line": "-900"}
    weekly = monthly | {"rule_id": "b", "grain": "week", "line": "-400"}
    both = {"is_enabled": "true"}
    assert "“grain”列" in refusal(load, monthly | both, weekly | both)
    load(monthly | both, weekly)
    load(monthly | both | {"effective_to": "2026-12-31"}, weekly | both | {"effective_from": "2027-01-01"})
    load(monthly | both, SPIKE | {"rule_id": "c"})


@pytest.mark.parametrize(
    ("row", "said", "column", "fix"),
    [
        (
            EVENT,
            {"industries": "C;26"},
            "industries",
            "“26”在 industries.csv 的门类、industry_tags.csv 的 tag:标签 里没有，请改正，或先在那里加上",
        ),
        (
            EVENT,
            {"industries": "ALL"},
            "industries",
            "“ALL”在 industries.csv 的门类、industry_tags.csv 的 tag:标签 里没有",
        ),
        (
            SEVERAL,
            {"industries": "C;"},
            "industries",
            "“”在 industries.csv 的门类、industry_tags.csv 的 tag:标签 里没有",
        ),
        (FAULT, {"industries": "C"}, "industries", "不用于 data_fault 类规则，请留空"),
        (SPIKE, {"industries": "C"}, "scope", "写了 industries 的规则只能是：industry、cell"),
        (LEVEL, {"industries": "C", "scope": "industry;city"}, "scope", "写了 industries 的规则只能是：industry、cell"),
        (
            LEVEL,
            {"industries": "C", "scope": "cell", "indicator": "vacancy_seeker_ratio"},
            "industries",
            "该指标不分行业；请留空，或换一个分行业的指标",
        ),
        (POSTS, {"industries": "C"}, "industries", "该指标不分行业；请留空"),
        (POSTS, {"scope": "area;industry"}, "scope", "请改为 city、area"),
        (POSTS, {"staff_least": "10"}, "staff_least", "不报单位职工人数；请留空"),
        (POSTS, {"staff_most": "10"}, "staff_most", "不报单位职工人数；请留空"),
    ],
)
def test_industries_and_sizes_that_a_rule_cannot_be_about_are_refused(
    load: Load, row: dict[str, str], said: dict[str, str], column: str, fix: str
) -> None:
    told = refusal(load, row | said)
    assert f"“{column}”列" in told
    assert fix in told


def test_a_rule_names_industries_and_all_its_rows_the_same(load: Load) -> None:
    named = SPIKE | {"industries": "C;F", "scope": "industry;cell"}
    assert load(named, named | {"level": "4", "min_strength": "2"}).rules["industries"].tolist() == ["C;F", "C;F"]
    for other in ("C", ""):
        said = refusal(load, named, named | {"level": "4", "min_strength": "2", "industries": other})
        assert "“industries”列" in said
        assert "第一行不一致" in said
    assert load(EVENT, SEVERAL | {"rule_id": "y", "industries": "U"}).rules["industries"].fillna("").tolist() == [
        "",
        "U",
    ]


def test_a_leave_line_on_the_good_side_is_taken_whichever_side_that_is(load: Load) -> None:
    rows = (LEVEL | {"leave_line": "1.5"}, LOWER | {"rule_id": "y", "leave_line": "1.1"})
    assert load(*rows).rules["leave_line"].tolist() == [1.5, 1.1]


@pytest.mark.parametrize(
    ("author", "approver"), [("Wang", "wang"), ("Wang Li", "ＷＡＮＧ Ｌｉ"), ("王 编写", "王编写")]
)
def test_one_person_written_twice_is_one_person(load: Load, author: str, approver: str) -> None:
    assert "两个人" in refusal(load, SPIKE | {"author": author, "approver": approver})


def test_two_versions_of_a_level_are_not_open_at_once(load: Load) -> None:
    old, new = SPIKE, SPIKE | {"effective_from": "2026-01-01", "min_strength": "5"}
    assert "effective_to（本行生效的前一天）" in refusal(load, old, new)
    assert "effective_to" in refusal(load, old | {"effective_to": "2026-01-01"}, new)
    region = load(old | {"effective_to": "2025-12-31"}, new)
    assert newest(region, "x")["min_strength"].tolist() == [5.0]
    assert before(region, "x")["min_strength"].tolist() == [3.0]


def test_one_level_changes_alone_and_keeps_to_what_holds_of_the_whole_rule(load: Load) -> None:
    blue = SPIKE | {"level": "4", "min_strength": "2"}
    yellow = SPIKE | {"effective_to": "2025-12-31"}
    later = SPIKE | {"effective_from": "2026-01-01", "min_strength": "5"}
    assert newest(load(blue, yellow, later), "x")["min_strength"].tolist() == [2.0, 5.0]
    for column in ("leave_after", "raise_by", "cool_down_days"):
        assert f"“{column}”列" in refusal(load, blue, yellow, later | {column: "30"})
        assert "第一行不一致" in refusal(load, blue, SPIKE | {column: "30"})


def test_a_row_that_never_decides_the_level_is_refused(load: Load) -> None:
    assert "条件相同" in refusal(load, SPIKE, SPIKE)
    for row, limit, blue, yellow in (
        (SPIKE, "min_strength", "6", "3"), (LEVEL, "line", "4", "2"), (LOWER, "line", "0.8", "0.9"),
        (SEVERAL, "line", "100", "100"), (EVENT, "line", "30", "20"),
    ):  # fmt: skip
        mild, severe = row | {"level": "4", limit: blue}, row | {limit: yellow}
        assert "第 2 行（3 级）的条件不比本行严" in refusal(load, severe, mild)
        if blue != yellow:
            assert len(load(mild | {limit: yellow}, severe | {limit: blue}).rules) == 2


def test_rows_that_ask_for_different_things_each_have_their_level(load: Load) -> None:
    share = EVENT | {"level": "4", "line": "", "min_ratio": "0.1"}
    large = EVENT | {"level": "3", "line": "50", "min_base": "500"}
    assert len(load(share, large, EVENT | {"level": "4"}).rules) == 3
    short = EVENT | {"level": "4", "window_days": "10"}
    assert "永远轮不到" in refusal(load, EVENT, short)  # an empty window is thirty days


def test_of_an_indicator_that_is_not_there_no_side_is_the_worse_one(load: Load) -> None:
    unknown = LEVEL | {"indicator": "nobody_knows"}
    assert len(load(unknown | {"level": "4", "line": "0.9"}, unknown | {"line": "1"}).rules) == 2
    assert len(load(unknown | {"level": "4", "line": "1"}, unknown | {"line": "0.9", "leave_line": "2"}).rules) == 2
