"""Who registers as unemployed: most of those who claim, and others whom no contribution entitles, graduates first."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipelines.demo.background import Background, texts
from pipelines.demo.city import City
from pipelines.demo.daily import Claims
from pipelines.demo.rhythm import Rhythm
from pipelines.demo.sheet import Encoding, Sheet
from pipelines.demo.timeline import Timeline, random_stream
from pipelines.demo.wording import UNKNOWN_AREA, Wording, wrong_check_digit

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

_CLAIMANTS = 0.85  # of those who claim register as well
_OTHERS = 0.45  # people who register without a claim, per expected claim of an ordinary day
_SUMMER = (6, 7, 8)  # graduates: registrations without a claim rise in these months
_SUMMER_RISE = 2.2
_REASONS = {"21": 0.5, "15": 0.2, "23": 0.15, "22": 0.03, "24": 0.04, "19": 0.08}


@dataclass(frozen=True)
class Registrations:
    """Rows sorted by (day, area); ``employer`` is -1 and ``unemployed`` means nothing for people without a last job."""

    person: Ints
    employer: Ints
    unemployed: Ints
    day: Ints
    area: Ints
    reason: NDArray[np.bytes_]
    is_labelled: Bools


def draw_registrations(city: City, timeline: Timeline, rhythm: Rhythm, claims: Claims, seed: int) -> Registrations:
    """Registrations of the data days; those of an event's people are labelled as their claims are."""
    rng = random_stream(seed, "registration rows")
    also = np.flatnonzero(rng.random(len(claims.area)) < _CLAIMANTS)
    per_area = rhythm.mean["claim"].reshape(len(city.areas), len(city.sections), -1).sum(axis=1)[:, : timeline.days]
    month = timeline.month[: timeline.days] % 12 + 1
    rate = _OTHERS * per_area * np.where(np.isin(month, _SUMMER), _SUMMER_RISE, 1.0)
    count = rng.poisson(rate * rhythm.shock["claim"][: timeline.days])
    at = np.repeat(np.arange(count.size), count.ravel())
    others = len(at)
    reason = rng.choice(np.array(list(_REASONS), dtype="S2"), others, p=list(_REASONS.values()))
    row = claims.row
    area = np.concatenate([claims.area[also], at // timeline.days])
    day = np.concatenate([row.filed[also], at % timeline.days])
    order = np.lexsort((rng.random(len(day)), area, day))
    return Registrations(
        np.concatenate([row.person[also], rng.integers(len(city.employer_of), len(city.identity), others)])[order],
        np.concatenate([row.employer[also], np.full(others, -1)])[order],
        np.concatenate([row.effective[also], np.full(others, 0)])[order],
        day[order],
        area[order],
        np.concatenate([row.reason[also], reason])[order],
        np.concatenate([claims.is_labelled[also], np.zeros(others, dtype=bool)])[order],
    )


def registration_sheet(wording: Wording, drawn: Registrations, people: Background) -> Sheet:
    """Registrations, one file a unit and workday; a file without rows says that nobody registered."""
    city = wording.city
    files, edge, file_of = wording.unit_files(drawn.day, drawn.area)
    within = np.arange(len(file_of)) - edge[file_of]
    codes, reason = np.unique(drawn.reason, return_inverse=True)
    worked = drawn.employer >= 0
    employer = np.where(worked, drawn.employer, len(city.size) + drawn.area)
    unemployed = np.where(worked, wording.timeline.text_row(drawn.unemployed), len(wording.timeline.dashed))
    person = people.select(drawn.person).row

    def heads() -> list[str]:
        return [wording.prefix("DJ", day, city.areas[area]) for day, area in files]

    def employers() -> list[str]:
        return wording.employer_unnamed + [f",{area},," for area in city.area_text]

    def parts(rows: Ints, encoding: Encoding) -> list[pa.Array]:
        return [
            wording.select("DJ", heads, file_of[rows], encoding),
            wording.counter(within[rows], encoding),
            wording.select("comma", lambda: [","], np.zeros(len(rows), dtype=np.int64), encoding),
            *wording.identity(drawn.person[rows], encoding),
            wording.select("last employer", employers, employer[rows], encoding),
            wording.select("registered for", lambda: [f"{code.decode()}," for code in codes], reason[rows], encoding),
            wording.select(
                "unemployed",
                lambda: [f"{d.decode()}," for d in wording.timeline.dashed] + [","],
                unemployed[rows],
                encoding,
            ),
            wording.day(drawn.day[rows], encoding),
            wording.select("person", lambda: wording.ended(texts(True), encoding), person[rows], encoding),
        ]

    def revise(values: list[str]) -> None:
        values[6] = "19"

    spoil = {"身份证号": wrong_check_digit, "登记地区": lambda _: UNKNOWN_AREA}
    return wording.unit_sheet("unemployment_registration", files, edge, ~drawn.is_labelled, parts, revise, spoil)
