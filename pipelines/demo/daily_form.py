"""The forms of the daily feeds: how each drawn row is written, one sheet a feed."""

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipelines.demo import frozen, occupation
from pipelines.demo.background import Background, texts
from pipelines.demo.daily import Claims, InsuredEvents, Seekers, Vacancies
from pipelines.demo.events import LayoffReport
from pipelines.demo.sheet import Encoding, Sheet
from pipelines.demo.wording import UNKNOWN_AREA, Wording, wrong_check_digit

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


def insured_event_sheet(wording: Wording, drawn: InsuredEvents, filed: NDArray[np.bytes_]) -> Sheet:
    """Joins and leaves, one file a unit and workday; a reversal names the serial number it takes back. ``filed``: the
    reason codes as they were filed."""
    row, areas = drawn.row, wording.city.areas
    files, edge, file_of = wording.unit_files(row.filed, drawn.area)
    within = np.arange(len(file_of)) - edge[file_of]
    back = np.flatnonzero(drawn.reverses >= 0)
    mark = np.where(drawn.is_join, 0, 1)
    mark[back] = 2 + np.arange(len(back))
    codes = sorted({*frozen.JOIN_REASONS, *frozen.LEAVE_REASONS, *frozen.NEUTRAL_REASONS})
    reason = np.searchsorted(np.array(codes, dtype="S2"), filed)
    word = ("减员", "增员")

    def heads() -> list[str]:
        return [wording.prefix("ZJ", day, areas[area]) for day, area in files]

    def mark_texts() -> list[str]:
        texts = [",,增员,", ",,减员,"]
        for at in back:
            source = int(drawn.reverses[at])
            day, area = files[file_of[source]]
            serial = f"{wording.prefix('ZJ', day, areas[area])}{within[source]:05d}"
            texts.append(f",{serial},{word[int(drawn.is_join[at])]},")
        return texts

    def parts(rows: Ints, encoding: Encoding) -> list[pa.Array]:
        return [
            wording.select("ZJ", heads, file_of[rows], encoding),
            wording.counter(within[rows], encoding),
            wording.select("mark", mark_texts, mark[rows], encoding),
            *wording.identity(row.person[rows], encoding),
            wording.select("employer", lambda: wording.employer, row.employer[rows], encoding),
            wording.select("reason", lambda: [code + "," for code in codes], reason[rows], encoding),
            wording.day(row.effective[rows], encoding),
            wording.last_day(row.filed[rows], encoding),
        ]

    def revise(values: list[str]) -> None:
        values[10] = values[11]

    spoil = {"身份证号": wrong_check_digit, "参保地区": lambda _: UNKNOWN_AREA}
    return wording.unit_sheet("insured_event", files, edge, ~drawn.is_labelled, parts, revise, spoil)


def benefit_claim_sheet(
    wording: Wording, drawn: Claims, people: Background, is_online: Bools, paid_months: Ints
) -> Sheet:
    """Claims, one file a unit and workday; a file without rows says that nobody claimed. ``paid_months``: of each
    claim, from which the months granted follow."""
    row, areas = drawn.row, wording.city.areas
    files, edge, file_of = wording.unit_files(row.filed, drawn.area)
    within = np.arange(len(file_of)) - edge[file_of]
    codes, person = sorted(frozen.CLAIM_REASONS), people.select(row.person).row
    most = int(paid_months.max(initial=0))
    reason = np.searchsorted(np.array(codes, dtype="S2"), row.reason)

    def heads() -> list[str]:
        return [wording.prefix("SL", day, areas[area]) for day, area in files]

    def parts(rows: Ints, encoding: Encoding) -> list[pa.Array]:
        return [
            wording.select("SL", heads, file_of[rows], encoding),
            wording.counter(within[rows], encoding),
            wording.select("comma", lambda: [","], np.zeros(len(rows), dtype=np.int64), encoding),
            *wording.identity(row.person[rows], encoding),
            wording.select("employer unnamed", lambda: wording.employer_unnamed, row.employer[rows], encoding),
            wording.select("claim reason", lambda: [code + "," for code in codes], reason[rows], encoding),
            wording.day(row.effective[rows], encoding),
            wording.day(row.filed[rows], encoding),
            wording.select("channel", lambda: ["窗口,", "线上,"], is_online[rows].astype(np.int64), encoding),
            wording.select("claimant", lambda: [one + "," for one in texts(True)], person[rows], encoding),
            wording.select("grant", lambda: wording.ended(grants(most), encoding), paid_months[rows], encoding),
        ]

    def revise(values: list[str]) -> None:
        values[6] = "19"

    spoil = {"身份证号": wrong_check_digit, "参保地区": lambda _: UNKNOWN_AREA}
    return wording.unit_sheet("benefit_claim", files, edge, ~drawn.is_labelled, parts, revise, spoil)


def grants(most: int) -> list[str]:
    """Months paid up to the most and the months granted: three for each year paid, as 社会保险法第四十六条 allows."""
    return [f"{paid},{min(paid // 12 * 3, 12 if paid < 60 else 18 if paid < 120 else 24)}" for paid in range(most + 1)]


def vacancy_sheet(wording: Wording, drawn: Vacancies) -> Sheet:
    """Posts offered, one file of the city a calendar day."""
    within = np.arange(len(drawn.day)) - np.searchsorted(drawn.day, drawn.day)
    most = int(drawn.pay.max(initial=0))

    def heads() -> list[str]:
        return [wording.prefix("GW", day, wording.city.code) for day in range(wording.timeline.days)]

    def parts(rows: Ints, encoding: Encoding) -> list[pa.Array]:
        posted = drawn.day[rows]
        return [
            wording.select("GW", heads, posted, encoding),
            wording.counter(within[rows], encoding),
            wording.select("comma", lambda: [","], np.zeros(len(rows), dtype=np.int64), encoding),
            wording.select("employer unnamed", lambda: wording.employer_unnamed, drawn.employer[rows], encoding),
            wording.select(
                "occupation", lambda: [code + "," for code in occupation.CODES], drawn.occupation[rows], encoding
            ),
            wording.number(drawn.posts[rows], encoding),
            wording.day(posted, encoding),
            wording.day(posted + drawn.valid_days[rows], encoding),
            wording.select(
                "schooling", lambda: [one + "," for one in occupation.EDUCATION], drawn.education[rows], encoding
            ),
            wording.select("pay", lambda: wording.ended(pays(most), encoding), drawn.pay[rows], encoding),
        ]

    def revise(values: list[str]) -> None:
        values[5] = str(int(values[5]) + 1)

    return wording.city_sheet("vacancy", drawn.day, parts, revise, {"需求人数": lambda _: "-3"})


def pays(most: int) -> list[str]:
    """Lower and upper end of a range around each number of hundreds of yuan up to the most; none around 0."""
    return [",", *(f"{round(0.9 * middle) * 100},{round(1.1 * middle) * 100}" for middle in range(1, most + 1))]


def job_seeker_sheet(wording: Wording, drawn: Seekers, people: Background) -> Sheet:
    """People looking for work, one file of the city a calendar day."""
    city = wording.city
    within = np.arange(len(drawn.day)) - np.searchsorted(drawn.day, drawn.day)
    wish = drawn.area * len(city.sections) + drawn.industry

    def heads() -> list[str]:
        return [wording.prefix("QZ", day, city.code) for day in range(wording.timeline.days)]

    def wishes() -> list[str]:
        return [f"{area},{section}," for area in city.areas for section in city.sections]

    def parts(rows: Ints, encoding: Encoding) -> list[pa.Array]:
        day = drawn.day[rows]
        return [
            wording.select("QZ", heads, day, encoding),
            wording.counter(within[rows], encoding),
            wording.select("sex", lambda: [",女,", ",男,"], drawn.is_male[rows].astype(np.int64), encoding),
            wording.number(drawn.birth_year[rows], encoding),
            wording.select("wish", wishes, wish[rows], encoding),
            wording.select(
                "occupation", lambda: [code + "," for code in occupation.CODES], drawn.occupation[rows], encoding
            ),
            wording.day(day, encoding),
            wording.select("seeker", lambda: wording.ended(texts(False), encoding), people.row[rows], encoding),
        ]

    def revise(values: list[str]) -> None:
        values[1] = "女" if values[1] == "男" else "男"

    return wording.city_sheet("job_seeker", drawn.day, parts, revise, {"出生年": lambda _: "1800"})


def layoff_report_sheet(wording: Wording, drawn: list[LayoffReport], terms: list[str]) -> Sheet:
    """Layoff reports, one file a unit and day on which somebody reported; ``terms``: the end of each report's line."""
    city, date_of = wording.city, wording.timeline.date_of
    area = city.area_of(city.cell[np.array([report.employer for report in drawn], dtype=np.int64)])
    key = np.array([report.reported for report in drawn], dtype=np.int64) * len(city.areas) + area
    order = np.argsort(key, kind="stable")
    files, first = np.unique(key[order], return_index=True)
    texts = []
    for place, at in enumerate(order):
        report = drawn[at]
        days = ",".join(date_of(day).isoformat() for day in (report.told, report.reported, report.effective))
        serial = f"{wording.prefix('CY', report.reported, city.areas[area[at]])}{place:05d}"
        people = f"{report.staff},{report.planned},{report.kind}"
        texts.append(f"{serial},{wording.employer[report.employer]}{people},{days},{terms[at]}")

    def parts(rows: Ints, encoding: Encoding) -> list[pa.Array]:
        return [wording.select("layoff", lambda: [text + encoding.line_end for text in texts], rows, encoding)]

    pairs = [(int(file) // len(city.areas), int(file) % len(city.areas)) for file in files]
    no_row = np.zeros(len(order), dtype=bool)
    return wording.unit_sheet(
        "layoff_report", pairs, np.append(first, len(order)), no_row, parts, lambda _values: None, {}
    )
