"""Public-welfare posts: one a village, some in towns, some for a season; most are prolonged before they end."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from pipelines.demo.sheet import Sheet
from pipelines.demo.timeline import random_stream
from pipelines.demo.wording import Wording


@dataclass(frozen=True)
class _Post:
    """First day, whether it is without an end, and each end (a day) with the day from which it is known."""

    start: int
    is_open_ended: bool
    ends: list[tuple[int, int]]

    def end_known_on(self, day: int) -> int:
        return next(end for known_on, end in reversed(self.ends) if known_on <= day)


@dataclass(frozen=True)
class _Sort:
    """A kind of post: how many places a unit has, persons in each, yuan a month, days of an agreement, and the share
    of agreements that are prolonged."""

    kind: str
    unit: str
    places: int
    persons: tuple[int, int]
    subsidy: str
    days: tuple[int, ...]
    prolonged: float


_SORTS: Final = (
    _Sort("乡村公益性岗位", "示例{}村村民委员会", 14, (1, 5), "600", (365,), 0.85),
    _Sort("城镇公益性岗位", "示例社区服务中心{}", 8, (4, 16), "", (365, 730, 1095), 0.8),
    _Sort("疫情临时岗位", "示例防疫服务点{}", 2, (3, 12), "1200.00", (90, 180), 0.5),
)
_GAP: Final = (20, 240)  # days until somebody else has a post after one that was not prolonged
_KNOWN_BEFORE: Final = (1, 45)  # days before the end on which the next agreement is signed
_OPEN_ENDED: Final = 0.04
_NOT_TOLD: Final = 0.1  # of the forms say nothing of persons in difficulty
_IN_DIFFICULTY: Final = 0.6


def post_sheet(wording: Wording, seed: int) -> Sheet:
    """One file a unit and month, a row for each post that is there at the month's end."""
    rng = random_stream(seed, "welfare post")
    areas, ends = wording.city.areas, wording.arrival.month_end
    rows: list[tuple[int, str]] = []  # file, line
    for area in range(len(areas)):
        place = 0
        for sort in _SORTS:
            for _ in range(sort.places):
                place += 1
                for turn, post in enumerate(_posts(rng, sort, wording.timeline.days), start=1):
                    lines = _lines(wording, rng, sort, post, area, f"{place:03d}-{turn}")
                    rows += [(at * len(areas) + area, line) for at, line in lines]
    rows.sort(key=lambda row: row[0])
    slot = np.array([file for file, _ in rows], dtype=np.int64)
    files = [(at, area) for at in range(len(ends)) for area in range(len(areas))]

    def revise(values: list[str]) -> None:
        values[5] = str(int(values[5]) + 1)

    return wording.line_sheet(
        "welfare_post",
        files,
        np.searchsorted(slot, np.arange(len(files) + 1)),
        [line for _, line in rows],
        np.ones(len(rows), dtype=bool),
        revise,
        {"在岗人数": lambda value: f"约{value}人", "困难人员人数": lambda _: "999"},
    )


def _posts(rng: np.random.Generator, sort: _Sort, days: int) -> list[_Post]:
    """The posts of one place, one after the other, until the data end."""
    start = int(rng.integers(-max(sort.days), sort.days[0]))
    found = []
    while start < days:
        end = start + int(rng.choice(sort.days))
        ends = [(start, end)]
        while end < days and rng.random() < sort.prolonged:
            known_on = end - int(rng.integers(*_KNOWN_BEFORE))
            end += int(rng.choice(sort.days))
            ends.append((known_on, end))
        found.append(_Post(start, bool(rng.random() < _OPEN_ENDED), ends))
        start = days if found[-1].is_open_ended else end + int(rng.integers(*_GAP))
    return found


def _lines(
    wording: Wording, rng: np.random.Generator, sort: _Sort, post: _Post, area: int, number: str
) -> list[tuple[int, str]]:
    """The lines of one post, each with the number of its month."""
    date_of = wording.timeline.date_of
    place = int(number.split("-", maxsplit=1)[0])
    unit, many = sort.unit.format(area * 100 + place), int(rng.integers(*sort.persons))
    lines = []
    for at, day in enumerate(wording.arrival.month_end.tolist()):
        if day < post.start or (day > post.end_known_on(day) and not post.is_open_ended):
            continue
        until = "" if post.is_open_ended else date_of(post.end_known_on(day)).isoformat()
        persons = int(np.clip(many + rng.integers(-1, 2), 0, sort.persons[1]))
        told = str(rng.binomial(persons, _IN_DIFFICULTY)) if rng.random() >= _NOT_TOLD else ""
        line = (
            f"GW-{wording.city.areas[area]}-{number},{unit},{wording.city.area_text[area]},{sort.kind},"
            f"{date_of(day):%Y%m},{persons},{sort.subsidy},{date_of(post.start).isoformat()},{until},{told}"
        )
        lines.append((at, line))
    return lines
