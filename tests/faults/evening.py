"""The evening before: a city with some editions out, files of the night in its inbox, a sign-in link in a pocket."""

from dataclasses import dataclass
from pathlib import Path

from tests.house import House

DAY = "2026-11-01"
FACTORY = (
    "报告编号,统一社会信用代码,单位名称,地区,行业代码,职工总数,拟裁人数,类型,告知职工日期,报告日期,计划实施日期\n"
    "CY2026103137150300900,91371500YY0000C32T,示例莘县制造00901号单位,371503,C,900,320,裁员,2026-10-30,2026-10-31,2026-11-30\n"
)


@dataclass(frozen=True)
class Evening:
    """The house as every kill finds it; ``path`` of an unused sign-in link that each copy of it accepts once."""

    house: House
    path: str


def evening_of(house: House, files: Path) -> Evening:
    """Put the night's files into a house and write a link; ``files`` is the inbox that the house has taken in."""
    _fill(house.data / "inbox", files)
    link = house.account("city_leader")
    return Evening(house, link[link.index("/sign-in/") :])


def _fill(inbox: Path, files: Path) -> None:
    """Saturday's files with a bad row each, corrections of Friday's, one that is broken, a factory's mass layoff."""
    for feed in ("vacancy", "job_seeker"):
        text = _friday(files, feed, "371500").replace("20261030", "20261031").replace("2026-10-30", "2026-10-31")
        bad_row = text.splitlines()[-1].replace("2026-10-31", "2026-13-45", 1)
        _drop(inbox, feed, "371500_20261031", text + bad_row + "\n")
    for unit in ("371502", "371521", "371525"):
        lines = _friday(files, "insured_event", unit).splitlines()
        _drop(inbox, "insured_event", f"{unit}_20261030_v2", "\n".join(lines[:-1]) + "\n")
    for unit in ("371526", "3715D2"):
        lines = _friday(files, "benefit_claim", unit).splitlines()
        _drop(inbox, "benefit_claim", f"{unit}_20261030_v2", "\n".join(lines[:-1]) + "\n")
    _drop(inbox, "benefit_claim", "371522_20261030_v2", "not what the form says\n")
    _drop(inbox, "layoff_report", "371503_20261031", FACTORY)


def _friday(files: Path, feed: str, sender: str) -> str:
    """A file of Friday 2026-10-30, as text."""
    content = (files / feed / "2026-10-31" / f"{feed}_{sender}_20261030.csv").read_bytes()
    text = content.decode("utf-8-sig" if content.startswith(b"\xef\xbb\xbf") else "gb18030")
    return "\n".join(text.splitlines()) + "\n"


def _drop(inbox: Path, feed: str, name: str, text: str) -> None:
    """Put a file into the inbox as received on the day."""
    path = inbox / feed / DAY / f"{feed}_{name}.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode("utf-8-sig"))
