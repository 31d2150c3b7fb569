"""The files of three stories that share one house: a layoff report, announced events and a unit's key employers,
each sent before a first edition and anew before a second."""

from pathlib import Path

import duckdb
import pandas as pd

from tests.house import House

FIRST, SECOND = "2026-10-30", "2026-10-31"
CITY, UNIT, LISTING = "371500", "371581", "371503"
EVENTS = "事项编号,事项类别,事项名称,影响地区,影响行业,开始日期,结束日期,涉及企业数,涉及岗位数,来源,报送日期"
IN_UNIT = "SQ-1,环保停产,示例错峰生产,{area},C,2026-11-05,{end},14,860,示例通知第1号,2026-10-29"
IN_CITY = "SQ-2,政策调整,示例稳岗政策,371500,,2026-11-01,,,,示例通知第2号,2026-10-29"
OF_TWO = "SQ-3,安全整治,示例两家整治,{area},,2026-11-02,2026-12-02,2,90,示例通知第3号,2026-10-29"
OF_FEW = "SQ-4,安全整治,示例少数岗位,{area},,2026-11-02,2026-12-02,5,9,示例通知第4号,2026-10-29"
OF_WHOM = "SQ-5,其他,示例事项,{area},,2026-11-02,2026-12-02,,,示例通知第5号,2026-10-29"
REPORTS = "报告编号,统一社会信用代码,单位名称,地区,行业代码,职工总数,拟裁人数,类型,告知职工日期,报告日期,计划实施日期"
REPORT = "LQ-9,91371500YY0000000D,示例铝业有限公司,{area},C,300,{planned},裁员,2026-10-01,2026-10-29,2026-11-15"
LIST = "统一社会信用代码,单位名称,地区,行业代码,所属月份,重点类别,用工服务专员岗位,列入日期,移出日期"


def send(house: House) -> None:
    """Put all of them into an inbox; the lists that are in force are those the house has taken in."""
    _send_events(house)
    _send_reports(house)
    _send_list(house)


def _send_events(house: House) -> None:
    """The second file puts off the end of one event and takes another one back."""
    others = [OF_TWO, OF_FEW, OF_WHOM]
    for received, version, end, lines in (
        (FIRST, "", "2026-11-20", [IN_UNIT, IN_CITY, *others]), (SECOND, "_v2", "2026-12-20", [IN_UNIT, *others]),
    ):  # fmt: skip
        _save(house, "policy_event", received, f"{CITY}_20261029{version}",
              [EVENTS, *(line.format(area=UNIT, end=end) for line in lines)])  # fmt: skip


def _send_reports(house: House) -> None:
    """The second version takes half of the report back."""
    for received, version, planned in ((FIRST, "", 40), (SECOND, "_v2", 20)):
        line = REPORT.format(area=UNIT, planned=planned)
        _save(house, "layoff_report", received, f"{UNIT}_20261029{version}", [REPORTS, line])


def _send_list(house: House) -> None:
    """A unit's new list: a post changed, an employer that is off, the others gone."""
    own = lists(house).query("area == @LISTING and period == period.max()").drop_duplicates("employer")
    kept, off = own[:2].itertuples()
    lines = [
        f"{one.employer},{one.employer_name},{LISTING},C,202610,{one.kind},{post},2026-01-05,{to}"
        for one, post, to in ((kept, "项目专班岗", ""), (off, "", "2026-10-30"))
    ]
    _save(house, "key_employer", SECOND, f"{LISTING}_202610", [LIST, *lines])


def lists(house: House) -> pd.DataFrame:
    """Rows of every list of key employers that was taken in, with what decides which list speaks."""
    with duckdb.connect(str(house.data / "warehouse.duckdb"), read_only=True) as con:
        return con.execute(
            "select fact.*, drop.sender, drop.version, drop.received_at from key_employer as fact "
            "join drop_register as drop using (drop_id) where drop.status = 'accepted'"
        ).df()


def _save(house: House, feed: str, received: str, name: str, lines: list[str]) -> Path:
    path = house.data / "inbox" / feed / received / f"{feed}_{name}.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8-sig")
    return path
