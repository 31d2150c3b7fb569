"""Single cases that offices write down: leads on unpaid wages, policies and shutdowns, the list of key employers."""

from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pipelines.demo import frozen
from pipelines.demo.city import City
from pipelines.demo.events import Event
from pipelines.demo.sheet import Sheet
from pipelines.demo.timeline import random_stream
from pipelines.demo.wording import Wording

Ints = NDArray[np.int64]

_LEADS_A_MONTH: Final = 34.0  # of the city at scale 1
_WINTER: Final = {12: 2.2, 1: 2.6, 2: 1.4}
_BUILDING_SHARE: Final = 0.5
_LEAD_BEFORE_CLOSING: Final = 0.5
_OWED: Final = (3000, 12000)  # yuan a person
_OPEN, _CLOSED = ("核实中", "属实"), ("已办结", "不属实")
_SOURCES: Final = ("投诉举报", "平台预警", "日常检查", "部门移送")
_EVENTS_A_YEAR: Final = 9.0
_EVENT_KINDS: Final = {
    "环保停产": "示例秋冬季错峰生产",
    "能耗限产": "示例能耗限产",
    "安全整治": "示例安全专项整治",
    "政策调整": "示例产业政策调整",
    "去产能": "示例落后产能退出",
    "征收拆迁": "示例片区征收",
}
_KEY_EMPLOYERS: Final = 12  # of a unit
_KEY_KINDS: Final = ("规上", "规上", "规上", "重大项目", "经贸摩擦", "环保", "去产能", "重点物资")


def case_sheets(wording: Wording, events: list[Event], seed: int) -> list[Sheet]:
    """Leads and key employers by unit and month, policies and shutdowns on the days the city has some."""
    return [_leads(wording, events, seed), _policies(wording, seed), _key_employers(wording, seed)]


def _leads(wording: Wording, events: list[Event], seed: int) -> Sheet:
    rng = random_stream(seed, "wage arrears")
    city, timeline, ends = wording.city, wording.timeline, wording.arrival.month_end
    building = np.flatnonzero(np.array([s == "E" for s in city.sections])[city.cell % len(city.sections)])
    first = np.concatenate([[0], ends[:-1] + 1]) if len(ends) else ends
    level = _LEADS_A_MONTH * city.insured.sum() / frozen.INSURED
    found: list[tuple[int, int, int, int, bool]] = []  # month, area, day, employer, whether of an event
    for at, (start, end) in enumerate(zip(first.tolist(), ends.tolist(), strict=True)):
        for _ in range(rng.poisson(level * _WINTER.get(timeline.date_of(end).month, 0.8))):
            is_building = len(building) and rng.random() < _BUILDING_SHARE
            who = int(rng.choice(building) if is_building else rng.choice(city.employer_of))
            found.append((at, int(city.area_of(city.cell[[who]])[0]), int(rng.integers(start, end + 1)), who, False))
    for event in events:
        day = event.start - int(rng.integers(15, 90))
        is_told = rng.random() < _LEAD_BEFORE_CLOSING
        if event.employer is not None and is_told and 0 <= day <= (ends[-1] if len(ends) else -1):
            at = int(np.searchsorted(ends, day))
            found.append((at, int(city.area_of(city.cell[[event.employer]])[0]), day, event.employer, True))
    found.sort()
    lines = []
    for number, (at, area, day, who, _) in enumerate(found):
        persons = int(np.clip(rng.lognormal(2.4, 0.8), 1, max(1, city.size[who])))
        closing = day + int(rng.integers(10, 120))
        is_closed = closing <= ends[at]
        status = str(rng.choice(_CLOSED if is_closed else _OPEN, p=(0.85, 0.15) if is_closed else (0.6, 0.4)))
        lines.append(
            f"QX-{city.areas[area]}-{timeline.date_of(day):%y%m}-{number:05d},{wording.employer[who]}"
            f"{timeline.date_of(day).isoformat()},{persons},{persons * int(rng.integers(*_OWED))}.00,{status},"
            f"{rng.choice(_SOURCES)},{timeline.date_of(closing).isoformat() if is_closed else ''}"
        )
    areas = len(city.areas)
    slot = np.array([at * areas + area for at, area, *_ in found], dtype=np.int64)
    files = [(at, area) for at in range(len(ends)) for area in range(areas)]

    def revise(values: list[str]) -> None:
        values[6] = str(int(values[6]) + 1)

    return wording.line_sheet(
        "wage_arrears_lead",
        files,
        np.searchsorted(slot, np.arange(len(files) + 1)),
        lines,
        np.array([not is_labelled for *_, is_labelled in found], dtype=bool),
        revise,
        {"涉及人数": lambda _: "0"},
    )


def _policies(wording: Wording, seed: int) -> Sheet:
    rng = random_stream(seed, "policy")
    city, timeline = wording.city, wording.timeline
    count = min(timeline.days, int(rng.poisson(_EVENTS_A_YEAR * timeline.days / 365)))
    days = np.sort(rng.choice(timeline.days, count, replace=False))
    lines = []
    for number, day in enumerate(days.tolist()):
        kind = str(rng.choice(list(_EVENT_KINDS)))
        area = city.code if rng.random() < 0.4 else city.area_text[int(rng.integers(len(city.areas)))]
        start = day + int(rng.integers(3, 40))
        ending = timeline.date_of(start + int(rng.integers(20, 120))).isoformat() if rng.random() < 0.7 else ""
        employers = int(rng.integers(2, 30))
        industry = "" if rng.random() < 0.3 else str(rng.choice(["C", "E", "G", "C", "C"]))
        lines.append(
            f"SX-{number + 1:05d},{kind},{_EVENT_KINDS[kind]}第{number + 1}号,{area},{industry},"
            f"{timeline.date_of(start).isoformat()},{ending},{employers},{employers * int(rng.integers(8, 60))},"
            f"示例通知第{number + 1}号,{timeline.date_of(day).isoformat()}"
        )
    files = [(day, 0) for day in days.tolist()]
    return wording.line_sheet(
        "policy_event",
        files,
        np.arange(len(files) + 1),
        lines,
        np.zeros(len(lines), dtype=bool),
        lambda _values: None,
        {},
    )


def _key_employers(wording: Wording, seed: int) -> Sheet:
    """The largest employers of each unit, for one reason or two; now and then one is taken off in its last month."""
    rng = random_stream(seed, "key employer")
    city, timeline, ends = wording.city, wording.timeline, wording.arrival.month_end
    listed: list[tuple[int, int, str, int, int]] = []  # area, employer, kind, first month (-1: before), last month
    for area in range(len(city.areas)):
        for who in _largest(city, area):
            for kind in dict.fromkeys(str(rng.choice(_KEY_KINDS)) for _ in range(2)):
                since = int(rng.integers(0, max(1, len(ends)))) if rng.random() < 0.2 else -1
                until = int(rng.integers(0, max(1, len(ends)))) if rng.random() < 0.15 else len(ends)
                if since <= until:
                    listed.append((area, who, kind, since, until))
    lines, slot = [], []
    for at, end in enumerate(ends.tolist()):
        for area, who, kind, since, until in listed:
            if since <= at <= until:
                begun = timeline.date_of(int(ends[since]) - 10 if since >= 0 else -200).isoformat()
                gone = timeline.date_of(end).isoformat() if at == until else ""
                slot.append(at * len(city.areas) + area)
                lines.append(
                    f"{wording.employer[who]}{timeline.date_of(end):%Y%m},{kind},就业科用工服务专员岗,{begun},{gone}"
                )
    files = [(at, area) for at in range(len(ends)) for area in range(len(city.areas))]

    def revise(values: list[str]) -> None:
        values[6] = "服务专员岗"

    sheet = wording.line_sheet(
        "key_employer",
        files,
        np.searchsorted(np.array(slot), np.arange(len(files) + 1)),
        lines,
        np.ones(len(lines), dtype=bool),
        revise,
        {"重点类别": lambda _: "重要"},
    )
    titles = {code: f"{name}重点企业名录" for code, name in zip(city.areas, city.area_text, strict=True)}
    return replace(sheet, workbook_of=dict(list(titles.items())[1::4]))


def _largest(city: City, area: int) -> list[int]:
    own = np.flatnonzero(city.area_of(city.cell) == area)
    return [int(who) for who in own[np.argsort(-city.size[own], kind="stable")[:_KEY_EMPLOYERS]]]
