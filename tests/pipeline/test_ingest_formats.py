"""Archives and spreadsheets through the inbox: what waits, what is removed, and that a rebuild reads the same."""

import io
import os
import zipfile
from pathlib import Path

import pytest

from pipelines.core.domain import UserError
from pipelines.core.region.load import Region, load
from pipelines.formcheck.form_check import check
from pipelines.formcheck.parsing.encoding import RefusedError
from pipelines.formcheck.parsing.grid import open_workbook
from pipelines.formcheck.parsing.workbook import MOST_SHEET_BYTES
from pipelines.ingest import inbox
from pipelines.ingest.arrivals import MOST_FILE_BYTES
from pipelines.warehouse import store
from tests.pipeline.biff import xls
from tests.pipeline.dirty_maker import archive, book, cells
from tests.pipeline.dirty_text import HEADCOUNT_HEADER, headcount
from tests.pipeline.ingest_place import CLAIM_HEADER, NOW, REGION, Place, claim, claims, csv

FEED = "benefit_claim"
NAME = "benefit_claim_371521_20200305.csv"


def packed() -> bytes:
    return archive(
        (NAME, claims([1, 2])),
        (
            "莘县/" + NAME.replace("371521", "371522").replace(".csv", ".xlsx"),
            book({"a": cells(CLAIM_HEADER, claim(3, area="371522"))}),
        ),
        (
            "旧表/冠县.xls",
            xls(
                {
                    "a": [
                        ["报送单位：", "冠县", "报送期间：", "2020年3月5日"],
                        *cells(CLAIM_HEADER, claim(4, area="371525")),
                    ]
                }
            ),
        ),
    )


def test_each_file_of_an_archive_is_a_drop_and_the_archive_leaves_the_inbox(place: Place) -> None:
    place.drop(FEED, "2020-03-06", "三月五日.zip", packed())
    report = place.ingest()
    assert (report.files, report.accepted, report.rows_accepted) == (3, 3, 4)
    assert not place.files()
    assert place.rows("select file_name, sender, encoding from drop_register order by sender") == [
        (f"三月五日.zip/{NAME}", "371521", "utf-8-sig"),
        ("三月五日.zip/莘县/benefit_claim_371522_20200305.xlsx", "371522", "xlsx"),
        ("三月五日.zip/旧表/冠县.xls", "371525", "xls"),
    ]


def test_rebuilding_reads_what_raw_keeps_of_every_format_in_the_same_way(place: Place) -> None:
    place.drop(FEED, "2020-03-06", "三月五日.zip", packed())
    place.drop(FEED, "2020-03-06", "坏.zip", packed()[:-50])
    place.drop("insured_headcount", "2020-04-06", "上报.xlsx", book(
        {"月报": [["报送单位：阳谷县", None, "报送期间：2020年3月"], *cells(HEADCOUNT_HEADER, headcount(1), headcount(2, "x"))]}
    ))  # fmt: skip
    place.ingest()
    before = place.hashes()
    with store.connect(place.settings) as warehouse:
        inbox.rebuild(place.settings, place.region, warehouse)
    assert place.hashes() == before
    place.settings.warehouse.unlink()
    assert place.ingest().resumed == 5
    assert place.hashes() == before


def test_a_member_sent_again_outside_its_archive_changes_nothing(place: Place) -> None:
    place.drop(FEED, "2020-03-06", "三月五日.zip", packed())
    place.drop(FEED, "2020-03-07", NAME, claims([1, 2]))
    report = place.ingest()
    assert (report.accepted, report.duplicates) == (3, 1)


def test_an_archive_whose_end_is_missing_waits_a_minute_and_is_refused_then(place: Place) -> None:
    path = place.drop(FEED, "2020-03-06", "三月五日.zip", packed()[:-50])
    moment = NOW.timestamp()
    os.utime(path, (moment - 30, moment - 30))
    report = place.ingest()
    assert (report.files, path.exists()) == (0, True)
    assert any("还没有传完" in sentence for sentence in report.sentences)
    os.utime(path, (moment - 90, moment - 90))
    report = place.ingest()
    assert (report.refused, path.exists()) == (1, False)
    assert "损坏或没有传完" in str(place.rows("select reason from drop_register")[0][0])


def test_a_file_that_changes_while_it_is_read_stays(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    path = place.drop(FEED, "2020-03-06", NAME, claims([1]))
    original, inode = os.fstat, path.stat().st_ino

    def grown_after(descriptor: int) -> os.stat_result:
        found = original(descriptor)
        if found.st_ino == inode and found.st_size == len(claims([1])):
            path.write_bytes(claims([1, 2]))
        return found

    monkeypatch.setattr(os, "fstat", grown_after)
    report = place.ingest()
    assert report.files == 0
    assert any("正在被修改" in sentence for sentence in report.sentences)
    monkeypatch.undo()
    assert place.ingest().rows_accepted == 2


@pytest.mark.requirement("5.3.2")
def test_links_pipes_and_folders_are_left_and_named(place: Place, tmp_path: Path) -> None:
    secret = tmp_path / "secret.csv"
    secret.write_bytes(claims([1]))
    folder = place.drop(FEED, "2020-03-06", NAME, claims([2])).parent
    (folder / "benefit_claim_371522_20200305.csv").symlink_to(secret)
    os.mkfifo(folder / "benefit_claim_371525_20200305.csv")
    (folder / "folder.csv").mkdir()
    report = place.ingest()
    assert (report.files, report.rows_accepted) == (1, 1)
    assert sum("未动" in sentence for sentence in report.sentences) == 3
    assert {path.name for path in folder.iterdir()} == {
        "benefit_claim_371522_20200305.csv", "benefit_claim_371525_20200305.csv", "folder.csv"
    }  # fmt: skip


@pytest.mark.requirement("5.2.1")
def test_a_file_larger_than_allowed_is_left_and_named(place: Place) -> None:
    path = place.drop(FEED, "2020-03-06", NAME, b"")
    os.truncate(path, MOST_FILE_BYTES + 1)
    report = place.ingest()
    assert path.exists()
    assert any("超过 1024 MiB" in sentence for sentence in report.sentences)


def test_what_a_file_tells_beside_its_rows_is_reported_in_both_languages(place: Place) -> None:
    place.drop(
        "insured_headcount",
        "2020-04-06",
        "insured_headcount_371521_202003.csv",
        csv(HEADCOUNT_HEADER, headcount(1), "合计,,,,,13,,", "填报人：甲某"),
    )
    report = place.ingest()
    assert any(
        "第 2 行" not in s and "第 3 行的合计与各行之和不符" in s and "add up to 12" in s for s in report.sentences
    )
    assert not any("甲某" in sentence for sentence in report.sentences)


def test_a_version_above_the_header_counts_like_one_in_the_name(place: Place) -> None:
    place.drop(
        FEED,
        "2020-03-06",
        "上报.csv",
        csv("报送单位：阳谷县,报送期间：2020-03-05,报送版本：2", CLAIM_HEADER, claim(1), claim(2)),
    )
    place.drop(FEED, "2020-03-07", NAME, claims([1, 2, 3]))
    place.ingest()
    assert place.rows("select version, rows_total from drop_register order by version") == [(1, 3), (2, 2)]
    assert place.in_force(place.morning("2020-03-10")) == {"上报.csv"}


def test_headers_of_a_region_are_accepted_and_a_wrong_one_is_named(tmp_path: Path) -> None:
    folder = tmp_path / "here"
    folder.mkdir()
    for path in REGION.iterdir():
        (folder / path.name).symlink_to(path)
    headers = folder / "headers.csv"
    headers.unlink(missing_ok=True)
    headers.write_text(
        "feed,header,alias\nbenefit_claim,失业原因,离职缘由\nbenefit_claim,失业原因,缘由\n", encoding="utf-8"
    )
    content = csv(CLAIM_HEADER.replace("失业原因", "离职缘由"), claim(1))
    (outcome,) = check(FEED, NAME, content, load(folder)).outcomes
    assert outcome.rows_accepted == 1
    headers.write_text("feed,header,alias\nbenefit_claim,失业缘由,缘由\n", encoding="utf-8")
    with pytest.raises(UserError, match=r"headers\.csv 第 2 行“header”列：“失业缘由”"):
        load(folder)


def test_a_workbook_that_would_end_the_reader_is_refused_and_the_next_one_is_read() -> None:
    rows = cells(CLAIM_HEADER, claim(1))
    fine = xls({"a": rows})
    number = fine.index(b"\x04\x02", 1024)  # the first record of a text cell
    far = fine[: number + 4] + b"\xff\xff\xff\xff" + fine[number + 8 :]
    with pytest.raises(RefusedError, match="损坏"):
        open_workbook(far)
    assert open_workbook(fine).sheets[0].rows[1][0] == "L001"


@pytest.mark.requirement("5.2.3")
def test_a_workbook_that_claims_to_be_small_and_is_not_is_refused(region: Region) -> None:
    content = book({"a": cells(CLAIM_HEADER, claim(1))})
    with zipfile.ZipFile(io.BytesIO(content)) as source:
        part = source.getinfo("xl/worksheets/sheet1.xml")
    size = part.file_size.to_bytes(4, "little")
    lied = content.replace(
        part.CRC.to_bytes(4, "little") + part.compress_size.to_bytes(4, "little") + size,
        part.CRC.to_bytes(4, "little") + part.compress_size.to_bytes(4, "little") + (9).to_bytes(4, "little"),
    )
    assert lied != content
    (outcome,) = check(FEED, NAME, lied, region).outcomes
    assert outcome.status == "refused"
    assert "损坏" in str(outcome.reason)


def test_every_spreadsheet_row_leads_back_to_its_sheet_and_row(region: Region) -> None:
    content = book(
        {
            "说明": [["见下页"]],
            "一": [["标题"], *cells(CLAIM_HEADER, claim(1))],
            "二": cells(CLAIM_HEADER, claim(2), claim(3, area="379999")),
        }
    )
    checked = check(FEED, NAME, content, region)
    assert sorted(checked.accepted.column("line_number").to_pylist()) == [3, 10_000_002]
    (row,) = checked.quarantined.to_pylist()
    assert row["reason"].startswith("工作表“二”第 3 行“参保地区”")
    assert row["reason_en"].startswith("Sheet 二, line 3, 参保地区")


@pytest.mark.requirement("5.1.1")
def test_a_spreadsheet_beyond_the_limits_is_refused_with_the_limit(region: Region) -> None:
    name = NAME.replace(".csv", ".xls")
    (outcome,) = check(FEED, name, b"\xd0\xcf\x11\xe0" + bytes(MOST_SHEET_BYTES), region).outcomes
    assert (outcome.status, outcome.named is not None) == ("refused", True)
    assert "文件超过 64 MiB" in str(outcome.reason)
    long = book({"一": cells(CLAIM_HEADER, claim(1, name="虚" * 32_000))})
    (outcome,) = check(FEED, NAME, long, region).outcomes
    assert outcome.rows_accepted == 1
    longer = _with_text(long, "虚" * 32_000, "虚" * 50_000)
    (outcome,) = check(FEED, NAME, longer, region).outcomes
    assert outcome.status == "refused"
    assert "工作表“一”第 2 行“姓名”的内容过长（146 KiB）" in str(outcome.reason)


def _with_text(content: bytes, old: str, new: str) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as source, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as target:
        for part in source.namelist():
            target.writestr(part, source.read(part).replace(old.encode(), new.encode()))
    return made.getvalue()
