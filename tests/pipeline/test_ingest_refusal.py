"""Bad input gives one clear sentence and changes nothing."""

import subprocess
import sys

import pytest

from pipelines.core.domain import UserError
from pipelines.core.region.load import Region
from pipelines.formcheck.form_check import check
from pipelines.warehouse import store
from tests.pipeline.ingest_place import CLAIM_HEADER, Place, claim, claims, csv

FEED = "benefit_claim"
NAME = "benefit_claim_371521_20200305.csv"


def refusal(region: Region, content: bytes, name: str = NAME) -> str:
    (outcome,) = check(FEED, name, content, region).outcomes
    assert (outcome.status, outcome.rows_total) == ("refused", 0)
    assert outcome.reason is not None
    return outcome.reason


def test_an_empty_inbox_is_said_and_is_no_error(place: Place) -> None:
    report = place.ingest()
    assert not report.did_something
    assert "是空的" in report.sentences[0]


def test_a_file_of_an_unknown_feed_stays_where_it_is(place: Place) -> None:
    path = place.drop("benefit_clam", "2020-03-06", NAME, claims([1]))
    report = place.ingest()
    assert "没有名为“benefit_clam”的数据来源" in report.sentences[0]
    assert "benefit_claim" in report.sentences[0]
    assert path.exists()
    assert not report.did_something


def test_a_backfill_without_a_day_folder_leaves_the_file(place: Place) -> None:
    path = place.drop(FEED, None, NAME, claims([1]))
    report = place.ingest(backfill=True)
    assert "没有放在日期文件夹" in report.sentences[0]
    assert path.exists()


def test_a_folder_that_is_no_day_is_named(place: Place) -> None:
    path = place.drop(FEED, "2020-13-45", NAME, claims([1]))
    assert "2020-13-45 不是日期文件夹" in place.ingest().sentences[0]
    assert path.exists()


@pytest.mark.requirement("1.1.1")
def test_broken_bytes_are_located_by_line_in_each_encoding(region: Region) -> None:
    good = csv(CLAIM_HEADER, claim(1))
    assert "第 3 行的字节不符合 UTF-8" in refusal(region, good + b"\xff\xff\r\n")
    plain = csv(CLAIM_HEADER, claim(1), encoding="utf-8")
    assert "第 3 行的字节不符合 UTF-8" in refusal(region, plain + claim(2).encode("gb18030") + b"\xff\r\n")
    mixed = csv(CLAIM_HEADER, claim(1), claim(2), encoding="gb18030")
    assert "第 4 行的字节不符合 GB18030" in refusal(region, mixed + b"\xff\xff\r\n")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "连表头也没有"),
        (b"\r\n , ,\r\n", "连表头也没有"),
        (b"PK\x03\x04rest", "Excel 工作簿"),
        (b"\xd0\xcf\x11\xe0rest", "xls"),
        ("申领流水号".encode("utf-16") + b"!", "第 1 行的字节不符合 UTF-16"),
        (csv(CLAIM_HEADER) + b"a\x00b", "第 2 行含有空字节"),
        (csv(CLAIM_HEADER.replace("身份证号", "号码")), "缺少列“身份证号”（也可写作：公民身份号码"),
        (csv(CLAIM_HEADER + ",姓名"), "表头“姓名”出现了两次"),
    ],
    ids=["empty", "blank", "xlsx", "xls", "utf16", "nul", "column", "twice"],
)
def test_a_file_that_cannot_be_read_says_why(content: bytes, said: str, region: Region) -> None:
    assert said in refusal(region, content)


@pytest.mark.parametrize(
    "name", ["claims.csv", "benefit_claim_371521_202003.csv", "benefit_claim_371521_20200231.csv",
             "benefit_claim_379999_20200305.csv", "benefit_claim_371521_20200305.pdf", "vacancy_371500_20200305.csv"],
)  # fmt: skip
def test_a_file_name_that_says_no_slice_is_refused(name: str, region: Region) -> None:
    assert name in refusal(region, claims([1]), name)


def test_an_area_that_does_not_exist_is_refused_with_line_column_value_and_fix(region: Region) -> None:
    content = csv(CLAIM_HEADER, claim(1), claim(2, area="371599"))
    (row,) = check(FEED, NAME, content, region).quarantined.to_pylist()
    assert (row["line_number"], row["column_name"]) == (3, "参保地区")
    assert row["reason"].startswith("第 3 行“参保地区”的值“371599”")
    assert "写法如 371502 或 东昌府区" in row["reason"]


def test_an_unclosed_quote_takes_its_own_line_only(region: Region) -> None:
    lines = [claim(number) for number in range(1, 9)]
    lines[2] = claim(3, name='"虚构')
    lines[5] = claim(6, name='"虚构')
    checked = check(FEED, NAME, csv(CLAIM_HEADER, *lines), region)
    assert [row["line_number"] for row in checked.quarantined.to_pylist()] == [4, 7]
    assert sorted(checked.accepted.column("line_number").to_pylist()) == [2, 3, 5, 6, 8, 9]


def test_columns_outside_the_contract_are_ignored_and_reported(place: Place) -> None:
    place.drop(FEED, "2020-03-06", NAME, csv(CLAIM_HEADER + ",手机号", claim(1) + ",13800000000"))
    assert any("手机号" in sentence for sentence in place.ingest().sentences)


def test_a_data_folder_that_is_a_file_is_named(place: Place) -> None:
    place.settings.data.parent.mkdir(parents=True, exist_ok=True)
    place.settings.data.write_text("not a folder")
    with pytest.raises(UserError, match="无法写入"):
        place.ingest()


def test_a_warehouse_held_by_another_process_is_said(place: Place) -> None:
    place.ingest()
    hold = "import duckdb, sys; c = duckdb.connect(sys.argv[1]); print('held', flush=True); sys.stdin.read()"
    with subprocess.Popen(
        [sys.executable, "-c", hold, str(place.settings.warehouse)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as other:
        assert other.stdout is not None
        other.stdout.readline()
        with pytest.raises(UserError, match="正被另一个进程使用"):
            store.connect(place.settings)
        other.communicate(b"")


def test_a_file_that_is_no_warehouse_is_said(place: Place) -> None:
    place.settings.data.mkdir(parents=True)
    place.settings.warehouse.write_bytes(b"x" * 20000)
    with pytest.raises(UserError, match="无法打开"):
        store.connect(place.settings)


def test_a_missing_key_is_said_and_nothing_changes(place: Place) -> None:
    place.drop(FEED, "2020-03-06", NAME, claims([1]))
    place.ingest()
    before = place.hashes()
    (place.settings.keys / "raw.key").unlink()
    waiting = place.drop(FEED, "2020-03-07", NAME, claims([2]))
    with pytest.raises(UserError, match=r"raw\.key 不见了"):
        place.ingest()
    assert waiting.exists()
    assert place.hashes() == before
    assert not (place.settings.keys / "raw.key").exists()


def test_another_key_than_the_one_used_is_said(place: Place) -> None:
    place.drop(FEED, "2020-03-06", NAME, claims([1]))
    place.ingest()
    (place.settings.keys / "pseudonym.key").write_text("ab" * 32)
    with pytest.raises(UserError, match=r"pseudonym\.key .*不是同一把"):
        place.ingest()


@pytest.mark.requirement("13.3.1")
def test_a_key_others_can_read_is_refused(place: Place) -> None:
    place.ingest()
    (place.settings.keys / "raw.key").chmod(0o644)
    with pytest.raises(UserError, match="chmod 600"):
        place.ingest()


def test_a_damaged_raw_drop_is_named(place: Place) -> None:
    place.drop(FEED, "2020-03-06", NAME, claims([1]))
    place.ingest()
    (path,) = (place.settings.raw / FEED).rglob("*.sealed")
    path.write_bytes(path.read_bytes()[:-1] + b"?")
    place.settings.warehouse.unlink()
    with pytest.raises(UserError, match="已损坏"):
        place.ingest()


def test_an_unknown_feed_of_an_upload_is_said(region: Region) -> None:
    with pytest.raises(UserError, match="没有名为“salary”"):
        check("salary", "salary_371521_202003.csv", b"", region)


def test_the_ingest_says_why_rows_and_whole_files_went_back(place: Place) -> None:
    wrong = [claim(n, area="999999") for n in range(1, 4)] + [claim(4, filed="昨天")]
    place.drop(FEED, "2020-03-06", NAME, csv(CLAIM_HEADER, *wrong, *(claim(n) for n in range(5, 20))))
    place.drop(FEED, "2020-03-06", NAME.replace("371521", "371522"), csv(CLAIM_HEADER, *[claim(1, area="999999")] * 12))
    for day in range(1, 23):
        place.drop(FEED, "2020-03-30", NAME.replace("20200305", f"202002{day:02d}"), b"x")
    report = place.ingest()
    assert (report.accepted, report.refused) == (1, 23)
    (partly, whole) = (
        next(s for s in report.sentences if f"{sender}_20200305.csv 退回的行" in s) for sender in ("371521", "371522")
    )
    assert "第 2 行“参保地区”" in partly
    assert "（这类问题共 3 行）第 5 行“受理日期”" in partly
    assert "（这类问题共 12 行）" in whole
    assert any("gangshao drops --state refused" in s for s in report.sentences)
