"""A city of five files and three editions: each command on it takes a second or two."""

import sqlite3
from datetime import datetime
from pathlib import Path

from tests.house import House
from tests.pipeline.ingest_place import claims, csv

LAST, NEXT = "2026-10-24.1", "2026-10-25"
_REPORT = "报告编号,统一社会信用代码,单位名称,地区,行业代码,职工总数,拟裁人数,类型,告知职工日期,报告日期,计划实施日期"
_LAYOFF = "LQ-{day},91371500YY0000000D,示例铝业有限公司,371581,C,300,40,裁员,2026-10-01,2026-10-{day},2026-11-15"


def build(folder: Path) -> None:
    """Take the files in, replay three editions."""
    house = House(folder / "house")
    for day in range(20, 24):
        name = f"benefit_claim_371521_202610{day}.csv"
        put(house, "benefit_claim", name, claims(range(day * 20, day * 20 + 15), filed=f"2026-10-{day}"), day + 1)
    report(house, 20)
    house.gangshao("ingest", "--backfill")
    for path in house.data.glob("inbox/*/*/*"):
        path.unlink(missing_ok=True)
    house.gangshao("run", "--from", "2026-10-22", "--to", "2026-10-24")


def put(house: House, feed: str, name: str, content: bytes, day: int) -> Path:
    """Put a file into the inbox, received on a day of October 2026."""
    path = house.data / "inbox" / feed / f"2026-10-{day}" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def report(house: House, day: int) -> None:
    """Put a report of planned layoffs into the inbox, of which a warning is made."""
    put(house, "layoff_report", f"layoff_report_371581_202610{day}.csv", csv(_REPORT, _LAYOFF.format(day=day)), day + 1)


def put_night(house: House) -> None:
    """Put the files of the night after the last edition into the inbox: claims, and planned layoffs."""
    content = claims(range(500, 512), filed="2026-10-24")
    put(house, "benefit_claim", "benefit_claim_371521_20261024.csv", content, 25)
    report(house, 24)


def ended(house: House, at: datetime) -> None:
    """Let all runs have ended at an instant."""
    with sqlite3.connect(house.data / "ledger.sqlite") as ledger:
        ledger.execute("update edition set finished_at = ?", [at.strftime("%Y-%m-%d %H:%M:%S.%f")])
