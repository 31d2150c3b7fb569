"""What a contract may ask of a file beyond single cells: several codes, codes of their time, balances, no identifiers."""

import io
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest

from pipelines.core.domain import Grain, Said
from pipelines.core.region.load import Region, load
from pipelines.feeds import contracts
from pipelines.feeds.contract import Column, Contract, FileCheck, Kind
from pipelines.formcheck.form_check import Checked, Checker
from pipelines.formcheck.parsing.submission import submission_of
from pipelines.formcheck.validation.forbidden import identifier
from tests.pipeline.ingest_place import REGION, Place, claim, csv, person

HEADER = "编号,地区,日期,人员类别,原因,上期,本期,新增"
CONTRACT = Contract(
    feed="form",
    title="测试表",
    title_en="Test form",
    grain=Grain.DAY,
    key="form_id",
    area_column="area",
    period_column="filed_on",
    columns=(
        Column("编号", "form_id"),
        Column("地区", "area", Kind.AREA),
        Column("日期", "filed_on", Kind.DAY),
        Column("人员类别", "kinds", Kind.CODES, code_list="person_kind", is_required=False),
        Column("原因", "reason", Kind.CODE, code_list="reason", is_required=False),
        Column("上期", "before", Kind.INT),
        Column("本期", "now", Kind.INT),
        Column("新增", "added", Kind.INT),
    ),
    file_checks=(
        FileCheck(
            "sums_agree",
            "sum(now) = sum(before) + sum(added)",
            Said("本期合计不等于上期合计加新增合计；请核对。", "The sum of 本期 is not 上期 plus 新增; check them."),
        ),
        FileCheck(
            "not_too_many", "max(now) < 1000", Said("本期过大；请核对单位。", "本期 is too large; check the unit.")
        ),
    ),
)
CODES = [
    ("person_kind", "01", "高校毕业生", "graduate", "2016-01-01", None),
    ("person_kind", "02", "农民工", "migrant", "2016-01-01", None),
    ("person_kind", "03", "退役军人、军属", "veteran", "2020-03-10", None),
    ("reason", "11", "解除合同", "employer", "2016-01-01", "2020-03-05"),
    ("reason", "12", "裁员", "employer", "2020-03-06", None),
]


@pytest.fixture(scope="module")
def region() -> Region:
    region = load(REGION)
    codes = pd.DataFrame(CODES, columns=list(region.codes.columns))
    codes[["valid_from", "valid_to"]] = codes[["valid_from", "valid_to"]].apply(pd.to_datetime)
    return replace(region, codes=codes)


@pytest.fixture(scope="module")
def checker(region: Region) -> Iterator[Checker]:
    checker = Checker(region, None)
    yield checker
    checker.close()


def check(
    checker: Checker, region: Region, *lines: str, day: str = "2020-03-05", contract: Contract = CONTRACT
) -> Checked:
    name = f"form_371521_{day.replace('-', '')}.csv"
    return checker.check(contract, [submission_of(csv(HEADER, *lines), name, contract, region)])


def kinds(checked: Checked) -> dict[str, str | None]:
    return {row["form_id"]: row["kinds"] for row in checked.accepted.to_pylist()}


def reasons(checked: Checked) -> list[tuple[int, str, str]]:
    rows: list[dict[str, Any]] = checked.quarantined.to_pylist()
    return sorted((row["line_number"], row["rule"], row["reason"]) for row in rows)


def line(number: int, kinds: str = "", reason: str = "", day: str = "2020-03-05", figures: str = "1,2,1") -> str:
    return f"F{number},371521,{day},{kinds},{reason},{figures}"


def test_several_codes_are_stored_sorted_whatever_stands_between_them(checker: Checker, region: Region) -> None:
    written = ["02、01", '"02,01"', "农民工；高校毕业生", "02;01;02", "02/01", "02 | 高校毕业生", "02，01、", "01", ""]
    checked = check(checker, region, *(line(at, kinds) for at, kinds in enumerate(written)))
    assert kinds(checked) == {f"F{at}": "01;02" for at in range(7)} | {"F7": "01", "F8": None}


def test_a_title_that_holds_a_separator_is_one_code(checker: Checker, region: Region) -> None:
    checked = check(checker, region, line(1, "退役军人、军属", day="2020-03-10"), day="2020-03-10")
    assert kinds(checked) == {"F1": "03"}


def test_only_the_unknown_ones_of_several_codes_are_named(checker: Checker, region: Region) -> None:
    checked = check(checker, region, line(1, "01、学生;农民工/77"), line(2, "、"), line(3, "01"))
    (first, second) = reasons(checked)
    assert first[:2] == (2, "codes")
    assert first[2].startswith("第 2 行“人员类别”中的“77、学生”不在代码表中")
    assert "01 高校毕业生、02 农民工" in first[2]
    assert second[2].startswith("第 3 行“人员类别”中的“、”不在代码表中")
    assert "“77、学生” is not in the code list" in checked.quarantined.column("reason_en").to_pylist()[0]
    assert kinds(checked) == {"F3": "01"}


@pytest.mark.parametrize(
    ("day", "reason", "held"),
    [("2020-03-05", "12", "2020-03-06 – "), ("2020-03-06", "解除合同", "2016-01-01 – 2020-03-05")],
)
def test_a_code_out_of_its_time_is_refused_and_told_when_it_held(
    day: str, reason: str, held: str, checker: Checker, region: Region
) -> None:
    checked = check(checker, region, line(1, reason=reason, day=day), day=day)
    ((number, rule, said),) = reasons(checked)
    assert (number, rule) == (2, "code_validity")
    assert f"的值“{reason}”在该行所属的期间无效（有效期：{held}）" in said
    right = {"12": "11", "解除合同": "裁员"}[reason]
    assert check(checker, region, line(1, reason=right, day=day), day=day).outcomes[0].rows_accepted == 1


def test_one_of_several_codes_out_of_its_time_is_refused(checker: Checker, region: Region) -> None:
    checked = check(checker, region, line(1, "01；03"))
    ((_, rule, said),) = reasons(checked)
    assert rule == "code_validity"
    assert "03 2020-03-10 – " in said


def test_in_a_monthly_feed_a_code_that_began_in_the_month_holds(checker: Checker, region: Region) -> None:
    column = replace(CONTRACT.column("filed_on"), kind=Kind.MONTH)
    columns = tuple(column if item.name == "filed_on" else item for item in CONTRACT.columns)
    monthly = replace(CONTRACT, feed="monthly", grain=Grain.MONTH, columns=columns)

    def accepted(month: str, *lines: str) -> int:
        drop = submission_of(csv(HEADER, *lines), f"monthly_371521_{month}.csv", monthly, region)
        return checker.check(monthly, [drop]).outcomes[0].rows_accepted

    assert accepted("202003", line(1, "03", "11", "202003"), line(2, reason="12", day="2020-03")) == 2
    assert accepted("202002", line(1, "03", day="202002")) == 0
    assert accepted("202004", line(1, reason="11", day="202004")) == 0


@pytest.mark.requirement("2.2.3")
def test_a_file_whose_sums_do_not_agree_is_refused_with_the_sentence(checker: Checker, region: Region) -> None:
    checked = check(checker, region, line(1), line(2, figures="5,5,0"), line(3, figures="5,9,3"))
    (outcome,) = checked.outcomes
    assert (outcome.status, outcome.rows_total, outcome.rows_accepted) == ("refused", 3, 0)
    assert outcome.reason == "本期合计不等于上期合计加新增合计；请核对。"
    assert outcome.reason_en == "The sum of 本期 is not 上期 plus 新增; check them."
    assert [rule for _, rule, _ in reasons(checked)] == ["file_check"] * 3
    assert checked.accepted.num_rows == 0


def test_all_broken_balances_of_a_file_are_said_and_other_files_stand(checker: Checker, region: Region) -> None:
    drops = [
        submission_of(csv(HEADER, line(1, figures=figures)), f"form_371521_20200305{version}.csv", CONTRACT, region)
        for version, figures in (("", "1,2000,1"), ("_v2", "1,2,1"), ("_v3", "1,,1"))
    ]
    wrong, right, empty = checker.check(CONTRACT, drops).outcomes
    assert wrong.reason == "本期合计不等于上期合计加新增合计；请核对。本期过大；请核对单位。"
    assert (right.status, right.rows_accepted) == ("accepted", 1)
    assert (empty.status, empty.rows_quarantined) == ("accepted", 1)


def test_rows_that_are_refused_do_not_count_in_the_balance(checker: Checker, region: Region) -> None:
    checked = check(checker, region, line(1), line(1, figures="7,9,0"), line(2, "学生", figures="7,9,0"))
    assert (checked.outcomes[0].status, checked.outcomes[0].rows_accepted) == ("accepted", 1)


@pytest.mark.parametrize(
    ("rows", "wrong", "status"),
    [(10, 3, "accepted"), (10, 4, "refused"), (100, 30, "accepted"), (100, 31, "refused"), (9, 9, "accepted")],
)
def test_a_file_goes_back_whole_when_more_than_three_tenths_of_ten_rows_or_more_are_wrong(
    rows: int, wrong: int, status: str, checker: Checker, region: Region
) -> None:
    lines = [line(number, "学生" if number < wrong else "01") for number in range(rows)]
    (outcome,) = check(checker, region, *lines).outcomes
    assert (outcome.status, outcome.rows_accepted) == (status, rows - wrong if status == "accepted" else 0)


def test_a_serial_made_of_the_identity_number_is_refused_and_masked(region: Region) -> None:
    checker = Checker(load(REGION), None)
    contract = contracts()["benefit_claim"]
    header = "申领流水号,身份证号,姓名,统一社会信用代码,参保地区,行业代码,失业原因,失业日期,受理日期"
    rows = [claim(1), claim(2, id=f"SL{person(2)}"), claim(3, id=person(4))]
    drop = submission_of(csv(header, *rows), "benefit_claim_371521_20200305.csv", contract, region)
    checked = checker.check(contract, [drop])
    (row,) = checked.quarantined.to_pylist()
    assert (row["line_number"], row["column_name"], row["rule"]) == (3, "申领流水号", "personal")
    assert person(2) not in str(row)
    assert checked.outcomes[0].rows_accepted == 2  # an 18-digit serial that is nobody's number of this row is a serial
    checker.close()


MOBILITY = "地区,日期,流入人数,流出人数,备注"
FORBIDDEN = {
    "identity": f"371521,2020-03-05,1,2,{person(1)}", "mobile": "371521,2020-03-05,1,2,13900000000",
    "mobile_written": "371521,2020-03-05,1,2,+86 139-0000-0000", "imei": "371521,2020-03-05,1,2,863123041234567",
    "mac": "371521,2020-03-05,1,2,a0:b1:c2:d3:e4:f5", "mac_plain": "371521,2020-03-05,1,2,A0B1C2D3E4F5",
    "hash": "371521,2020-03-05,1,2," + "5d41402abc4b2a76" * 2, "full_width": "371521,2020-03-05,1,2,１３９００００００００",
}  # fmt: skip


@pytest.mark.requirement("M8")
@pytest.mark.parametrize("sort", FORBIDDEN)
@pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030", "utf-16"])
def test_a_cell_that_identifies_somebody_is_found_and_not_repeated(sort: str, encoding: str) -> None:
    said = identifier(csv(MOBILITY, "371521,2020-03-05,1,2,", FORBIDDEN[sort], encoding=encoding))
    assert said is not None
    assert said.zh.startswith("第 3 行有像")
    assert FORBIDDEN[sort].rsplit(",", 1)[1] not in said.zh + said.en


@pytest.mark.parametrize("header", ["手机号", "IMEI", "用户标识", "姓名", "MAC地址", "身份证号码", "设备号", "手机"])
def test_a_header_that_identifies_somebody_is_found_below_title_lines(header: str) -> None:
    said = identifier(csv("某市人口流动统计,,,", "地区,日期," + header + ",人数", "371521,2020-03-05,,3"))
    assert said is not None
    assert said.zh.startswith(f"第 2 行的表头含“{header[:2]}")


def test_counts_days_instants_and_area_codes_identify_nobody() -> None:
    rows = [
        "371521,2020-03-05,13800,139000000,",
        "371521000000,20200305,1,2,20200305120000",
        "371521,202003051200,1,2,本市其他县",
    ]
    assert identifier(csv(MOBILITY + ",手机用户数", *rows)) is None
    assert identifier(b"") is None


def test_a_workbook_is_looked_through_in_all_its_sheets() -> None:
    book = openpyxl.Workbook()
    assert book.active is not None
    book.active.append(["地区", "人数"])
    book.create_sheet("明细").append(["371521", 13900000000])
    file = io.BytesIO()
    book.save(file)
    said = identifier(file.getvalue())
    assert said is not None
    assert said.zh.startswith("工作表“明细”第 1 行有像手机号的内容")
    damaged = identifier(file.getvalue()[:-200])
    assert damaged is not None
    assert "内容不予保留" in damaged.zh


def test_what_holds_identifiers_is_known_by_hash_and_reason_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    feed = "vacancy"
    monkeypatch.setitem(contracts(), feed, replace(contracts()[feed], forbids_identifiers=True))
    place = Place.at(tmp_path, load(REGION))
    header = "岗位编号,统一社会信用代码,工作地区,行业代码,职业代码,需求人数,发布日期,有效期至"
    row = "GW{},91350100M000100Y43,371521,C,6,3,2020-03-05,2020-04-05"
    place.drop(
        feed, "2020-03-06", "vacancy_371500_20200305.csv", csv(header + ",联系电话", row.format(1) + ",13900000000")
    )
    place.drop(feed, "2020-03-06", "vacancy_371500_20200305_v2.csv", csv(header, row.format(2)))
    report = place.ingest()
    assert (report.accepted, report.refused, place.files()) == (1, 1, set())
    assert any("整份文件退回且内容不予保留" in sentence for sentence in report.sentences)
    register = place.rows("select status, sender, period, reason_en from drop_register order by version")
    assert register[0][:3] == ("refused", "371500", date(2020, 3, 5))
    assert "has a header that says 联系电话" in str(register[0][3])
    everything = b"".join(path.read_bytes() for path in place.settings.data.rglob("*") if path.is_file())
    assert b"13900000000" not in everything
    assert len(list((place.settings.raw / feed).rglob("*.csv"))) == 1
    before = place.hashes()
    place.settings.warehouse.unlink()
    place.ingest()
    assert place.hashes() == before
