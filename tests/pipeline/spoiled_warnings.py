"""Reports of layoffs at the law's lines, corrected and supplemented, and a day of leaves that nobody ever sends.

Nothing of the project is imported; every change is one a stakeholder could describe.
"""

import csv
import io
from pathlib import Path

SHENXIAN, GUANXIAN, GAOTANG = "371522", "371525", "371526"
HEADER = [
    "报告编号", "统一社会信用代码", "单位名称", "地区", "行业代码", "职工总数", "拟裁人数", "类型", "告知职工日期",
    "报告日期", "计划实施日期",
]  # fmt: skip
MISSING = (GAOTANG, "20261029")
_SYMBOLS = "0123456789ABCDEFGHJKLMNPQRTUWXY"


def employer(number: int) -> str:
    """A made-up code of 18 signs whose check sign is right (GB 32100-2015)."""
    stem = f"91371500YY9{number:06d}"
    total = sum(_SYMBOLS.index(sign) * pow(3, place, 31) for place, sign in enumerate(stem))
    return stem + _SYMBOLS[-total % 31]


def report(
    number: int, area: str, industry: str, staff: int, planned: int, told: str, reported: str, on: str
) -> list[str]:
    """One row; days as 2026-10-20."""
    name = f"示例第{number}号单位"
    return [
        f"JUDGE{number:04d}",
        employer(number),
        name,
        area,
        industry,
        str(staff),
        str(planned),
        "裁员",
        told,
        reported,
        on,
    ]


class WarningClerk:
    """Adds files to a folder of drops; days are of October 2026."""

    def __init__(self, inbox: Path) -> None:
        self._inbox = inbox

    def spoil(self) -> None:
        self.at_the_lines()
        self.corrected()
        self.supplemented()
        self.thirty_days()
        self.leaves_never_sent()

    def at_the_lines(self) -> None:
        """Twenty persons; a tenth of the staff, and just below it; more than there are."""
        told, on = "2026-10-19", "2026-11-20"
        rows = [
            report(1, SHENXIAN, "C", 300, 20, told, "2026-10-20", on),
            report(2, SHENXIAN, "F", 190, 19, told, "2026-10-20", on),
            report(3, SHENXIAN, "C", 191, 19, told, "2026-10-20", on),
            report(4, SHENXIAN, "C", 300, 310, told, "2026-10-20", on),
        ]
        self._write(SHENXIAN, "20261020", "2026-10-21", rows)

    def corrected(self) -> None:
        """Sixty and not forty-five: worse, and with the others enough for a county."""
        for planned, day, version in ((45, "2026-10-22", ""), (60, "2026-10-28", "_v2")):
            row = report(5, SHENXIAN, "C", 520, planned, "2026-10-20", "2026-10-21", "2026-11-21")
            self._write(SHENXIAN, "20261021", day, [row], version)

    def supplemented(self) -> None:
        """Half of a small employer's staff, forgotten in the first file, and its people leave too soon; an amount corrected."""
        rows = [
            report(6, SHENXIAN, "F", 40, 20, "2026-10-19", "2026-10-20", "2026-11-05"),
            report(1, SHENXIAN, "C", 300, 24, "2026-10-19", "2026-10-20", "2026-11-20"),
        ]
        self._write(SHENXIAN, "20261020", "2026-10-29", rows, "_supplement")

    def thirty_days(self) -> None:
        """Told 29 days before, and 30 days before."""
        rows = [
            report(7, GUANXIAN, "C", 400, 20, "2026-10-20", "2026-10-22", "2026-11-18"),
            report(8, GUANXIAN, "C", 400, 20, "2026-10-20", "2026-10-22", "2026-11-19"),
        ]
        self._write(GUANXIAN, "20261022", "2026-10-23", rows)

    def leaves_never_sent(self) -> None:
        area, period = MISSING
        for path in (self._inbox / "insured_event").glob(f"*/insured_event_{area}_{period}*"):
            path.unlink()

    def _write(self, area: str, period: str, day: str, rows: list[list[str]], version: str = "") -> None:
        text = io.StringIO(newline="")
        csv.writer(text).writerows([HEADER, *rows])
        target = self._inbox / "layoff_report" / day / f"layoff_report_{area}_{period}{version}.csv"
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(text.getvalue().encode("utf-8-sig"))
