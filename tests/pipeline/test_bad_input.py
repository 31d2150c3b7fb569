"""Each thing an administrator can get wrong is answered with one clear sentence and changes nothing."""

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from pipelines.core import settings
from pipelines.core.domain import UserError
from tests.house import House
from tests.pipeline.ingest_place import CLAIM_HEADER, claim, csv


def tree(folder: Path) -> dict[str, int]:
    ignored = {"run.lock", "ledger.sqlite", "ledger.sqlite-wal", "ledger.sqlite-shm", "warehouse.duckdb"}
    return {
        str(path.relative_to(folder)): path.stat().st_size
        for path in folder.rglob("*")
        if path.is_file() and path.name not in ignored and path.parent.name != "log"
    }


def put(house: House, where: str, content: bytes) -> None:
    path = house.data / "inbox" / where
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


CLAIM = "申领流水号,身份证号,姓名,统一社会信用代码,参保地区,行业代码,失业原因,失业日期,受理日期\r\n"


def test_an_empty_inbox_is_said_to_be_empty(tmp_path: Path) -> None:
    done = House(tmp_path).gangshao("ingest", status=3)
    assert "空" in done.stderr


def test_a_file_of_an_unknown_feed_stays_where_it_is(tmp_path: Path) -> None:
    house = House(tmp_path)
    put(house, "weather/2026-10-01/weather_371502_20261001.csv", b"a,b\n1,2\n")
    done = house.gangshao("ingest", "--backfill", status=3)
    assert "weather" in done.stderr
    assert (house.data / "inbox/weather/2026-10-01/weather_371502_20261001.csv").exists()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (CLAIM.encode("utf-8") + b"S1,\xff\xfe\xff,x\r\n", "编码"),
        ("申领流水号,身份证号,姓名\r\nS1,x,y\r\n".encode("gb18030"), "统一社会信用代码"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_with_the_reason(tmp_path: Path, content: bytes, said: str) -> None:
    house = House(tmp_path)
    put(house, "benefit_claim/2026-10-13/benefit_claim_371502_20261012.csv", content)
    done = house.gangshao("ingest", "--backfill", status=4)
    assert said in done.stderr
    assert "benefit_claim_371502_20261012.csv" in done.stderr


def test_the_list_of_drops_says_why_a_file_went_back(tmp_path: Path) -> None:
    house = House(tmp_path)
    rows = csv(CLAIM_HEADER, *[claim(n, area="999999") for n in range(12)])
    put(house, "benefit_claim/2020-03-06/benefit_claim_371521_20200305.csv", rows)
    assert "999999" in house.gangshao("ingest", "--backfill", status=4).stderr
    listed = house.gangshao("drops", "--state", "refused").stdout
    assert "整份退回" in listed
    assert re.search(r"第 2 行“参保地区”.*999999.*（这类问题共 12 行）", listed)


def test_a_county_that_does_not_exist_is_refused_by_name(tmp_path: Path) -> None:
    house = House(tmp_path)
    put(house, "benefit_claim/2026-10-13/benefit_claim_379999_20261012.csv", CLAIM.encode("utf-8-sig"))
    done = house.gangshao("ingest", "--backfill", status=4)
    assert "379999" in done.stderr


def test_a_day_before_the_first_data_is_refused_and_changes_nothing(
    stocked: House, house: Callable[[House], House]
) -> None:
    here = house(stocked)
    before = tree(here.data)
    done = here.gangshao("run", "--day", "2020-01-01", status=2)
    assert "2020-01-01" in done.stderr
    assert "数据" in done.stderr
    assert tree(here.data) == before


def test_a_data_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "var").write_text("a file where the folder should be", encoding="utf-8")
    done = House(tmp_path).gangshao("ingest", status=2)
    assert str(tmp_path / "var") in done.stderr.replace("\n", "")


def test_a_missing_key_is_named_and_nothing_is_taken(stocked: House, house: Callable[[House], House]) -> None:
    here = house(stocked)
    shutil.rmtree(here.folder / "keys")
    put(here, "benefit_claim/2026-11-03/benefit_claim_371502_20261102.csv", CLAIM.encode("utf-8-sig"))
    before = tree(here.data)
    done = here.gangshao("ingest", "--backfill", status=2)
    assert "密钥" in done.stderr
    assert tree(here.data) == before


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "eighty"),
        ("MAIL_FROM", "gangshao@聊城.example.com"),
        ("MAIL_FROM", "岗哨"),
        ("MAIL_FROM", "岗哨\n<gangshao@hr.example.com>"),
        ("ADMINISTRATOR_MAIL", "guanli＠hr.example.com"),
        ("AUDITOR_MAIL", "a@hr.example.com，b@hr.example.com"),
        ("DUTY_MAIL", "zhiban@hr.example.com\nBcc: x@y.example"),
    ],
)
def test_a_wrong_setting_is_named(name: str, value: str) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(f"GANGSHAO_{name}", value)
        with pytest.raises(UserError, match=f"GANGSHAO_{name}"):
            settings.load()


def test_the_sender_of_mails_may_have_a_name() -> None:
    assert settings.Settings(mail_from="岗哨 <gangshao@hr.example.com>").mail_from.startswith("岗哨")


def test_a_wrong_setting_ends_a_command_with_its_sentence(tmp_path: Path) -> None:
    house = House(tmp_path, {"GANGSHAO_PORT": "eighty"})
    assert "GANGSHAO_PORT" in house.gangshao("doctor", status=2).stderr


@pytest.mark.parametrize("arguments", [("run", "--day", "yesterday"), ("run", "--from", "2026-10-01")])
def test_a_wrong_day_or_half_a_span_is_answered_with_a_sentence(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    said = House(tmp_path).gangshao(*arguments, status=2).stderr
    assert ("yesterday" in said) if "--day" in arguments else ("--to" in said)
