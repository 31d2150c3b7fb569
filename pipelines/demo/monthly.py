"""Rows of the monthly feeds: insured people per employer, and the form of the monitored employers."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipelines.demo import frozen
from pipelines.demo.arrival import Arrival
from pipelines.demo.city import City
from pipelines.demo.daily import InsuredEvents, closing_days
from pipelines.demo.events import Event
from pipelines.demo.rhythm import Rhythm
from pipelines.demo.sheet import Encoding, Sheet
from pipelines.demo.timeline import Timeline, random_stream
from pipelines.demo.wording import Wording

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
_LOSS_RATE = 0.010  # of a monitored employer's jobs a month


@dataclass(frozen=True)
class Headcount:
    """Insured people at the end of each month, (employers, months), who joined and left in it, arrears and deferral."""

    insured: Ints
    joins: Ints
    leaves: Ints
    arrears: Ints
    is_deferred: NDArray[np.bool_]


@dataclass(frozen=True)
class MonitoredForm:
    """The sampled employers (n,) and their jobs, (n, months); ``previous + hires - losses = current`` throughout."""

    employer: Ints
    base: Ints
    previous: Ints
    current: Ints
    hires: Ints
    losses: Ints
    is_closing: NDArray[np.bool_]


def draw_headcount(
    city: City, timeline: Timeline, arrival: Arrival, insured: InsuredEvents, events: list[Event], seed: int
) -> Headcount:
    """Last month's people plus joins minus leaves by the month they took effect; rows later reversed do not count."""
    rng = random_stream(seed, "headcount")
    month = timeline.month[arrival.month_end]
    reversed_rows = insured.reverses[insured.reverses >= 0]
    counts = insured.reverses < 0
    counts[reversed_rows] = False
    effective = np.clip(insured.row.effective, 0, len(timeline) - 1)
    at = np.searchsorted(month, timeline.month[effective])
    counts &= (insured.row.effective >= 0) & (at < len(month))
    employers = len(city.size)
    index = insured.row.employer[counts] * len(month) + at[counts]
    joins, leaves = (
        np.bincount(index[whose], minlength=employers * len(month)).reshape(employers, len(month))
        for whose in (insured.is_join[counts], ~insured.is_join[counts])
    )
    people = np.maximum(city.size[:, None] + np.cumsum(joins - leaves, axis=1), 0)
    behind = (rng.random(employers) < 0.04)[:, None] * rng.integers(1, 4, (employers, len(month)))
    for event in events:
        if event.employer is not None:
            # A factory that closes has mostly fallen behind with its contributions in the months before.
            ahead = np.flatnonzero(np.diff(arrival.month_end, prepend=0) + arrival.month_end > event.start - 100)
            last = np.searchsorted(arrival.month_end, event.start)
            rising = ahead[ahead <= last][-int(rng.integers(1, 4)) :]
            behind[event.employer, rising] = np.arange(1, len(rising) + 1)
    deferred = (rng.random(employers) < 0.012)[:, None] & (behind > 0)
    return Headcount(people, joins, leaves, behind.astype(np.int64), deferred)


def draw_monitored(
    city: City, timeline: Timeline, rhythm: Rhythm, arrival: Arrival, events: list[Event], seed: int
) -> MonitoredForm:
    """A fixed sample of employers, some in every unit, larger ones first; events raise the losses of their cells."""
    rng = random_stream(seed, "monitored")
    employer = _sample(city, rng)
    months = len(arrival.month_end)
    stress = _stress(city, timeline, rhythm, arrival, events)[city.cell[employer]]
    base = city.size[employer]
    closed = closing_days(city, events)[employer]
    previous, current, hires, losses = (np.zeros((len(employer), months), dtype=np.int64) for _ in range(4))
    closing = np.zeros((len(employer), months), dtype=bool)
    jobs = base.copy()
    for month, end in enumerate(arrival.month_end):
        pull = np.clip(1.0 + 0.5 * (base / np.maximum(jobs, 1) - 1.0), 0.3, 2.0)
        lost = np.minimum(rng.poisson(rng.gamma(_LOSS_RATE * jobs * stress[:, month] / 0.3, 0.3)), jobs)
        new = rng.poisson(_LOSS_RATE * jobs * pull)
        first = arrival.month_end[month - 1] + 1 if month else 0
        is_now = (closed >= first) & (closed <= end)
        lost, new = np.where(is_now, jobs, lost), np.where(closed <= end, 0, new)
        previous[:, month], hires[:, month], losses[:, month] = jobs, new, lost
        closing[:, month] = is_now
        jobs = jobs + new - lost
        current[:, month] = jobs
    return MonitoredForm(employer, base, previous, current, hires, losses, closing)


def _sample(city: City, rng: np.random.Generator) -> Ints:
    wanted = max(4 * len(city.areas), round(frozen.MONITORED_EMPLOYERS * city.insured.sum() / frozen.INSURED))
    home = city.area_of(city.cell)
    people = np.bincount(home, weights=city.size, minlength=len(city.areas))
    quota = np.maximum(4, np.floor(wanted * people / people.sum())).astype(np.int64)
    chosen = []
    for area, number in enumerate(quota):
        own = np.flatnonzero((home == area) & (city.size >= 20))
        own = own if len(own) >= number else np.flatnonzero(home == area)
        if not len(own):
            continue
        odds = city.size[own] ** 0.7
        chosen.append(rng.choice(own, min(int(number), len(own)), replace=False, p=odds / odds.sum()))
    return np.sort(np.concatenate(chosen))


def _stress(city: City, timeline: Timeline, rhythm: Rhythm, arrival: Arrival, events: list[Event]) -> Floats:
    """(cells, months) factor on the loss rate: extra leaves of events ÷ ordinary ones, and the past shock."""
    month = timeline.month[arrival.month_end]
    span = len(timeline)
    ordinary = np.zeros((city.cells, len(month)))
    shock = np.ones(len(month))
    for number, value in enumerate(month):
        days = np.flatnonzero(timeline.month[:span] == value)
        ordinary[:, number] = rhythm.mean["risk"][:, days].sum(axis=1)
        shock[number] = rhythm.shock["risk"][days].mean()
    extra = np.zeros_like(ordinary)
    for event in events:
        if event.kind != "factory_closing":
            at = np.searchsorted(month, timeline.month[np.clip(event.leave.effective, 0, span - 1)])
            inside = at < len(month)
            np.add.at(extra, (city.cell[event.leave.employer[inside]], at[inside]), 1.0)
    return np.asarray(shock * (1.0 + np.minimum(extra / np.maximum(ordinary, 1.0), 5.0)))


_CLOSING = "关闭破产"
_CONTRIBUTION = 460  # yuan a month and insured person
_DEFERRED_DAYS = 150
_SIZES = ((1000, "大型"), (300, "中型"), (20, "小型"), (0, "微型"))
_OWNERSHIP = {"内资": 0.90, "港澳台商投资": 0.04, "外商投资": 0.06}
_USUAL = {"normal": 6.0, "neutral": 2.5}
_SELDOM = 0.2
_CUTS = 0.06  # of the jobs lost in a month: the employer works in part
_UNPAID, _UNPAID_CLOSING = 0.01, 0.6  # of the employers owe wages in a month, of those that close
_UNPAID_SHARE = (0.05, 0.6)  # of their people


def headcount_sheet(wording: Wording, drawn: Headcount) -> Sheet:
    """Insured people per employer, one file a unit and month."""
    people, arrears = drawn.insured.T.ravel(), drawn.arrears.T.ravel()
    employers = len(wording.city.size)
    deferred = drawn.is_deferred.T.ravel()
    flag = np.minimum(arrears, 9) * 2 + deferred
    joins, leaves = drawn.joins.T.ravel(), drawn.leaves.T.ravel()
    amounts, amount = np.unique(_CONTRIBUTION * arrears * people, return_inverse=True)
    most = 1 + int(leaves.max(initial=0))
    until = np.where(deferred, 1 + np.arange(len(people)) // employers, 0)

    def parts(rows: Ints, encoding: Encoding) -> list[pa.Array]:
        def flags() -> list[str]:
            return [f"{i // 2},{'否是'[i % 2]}," for i in range(20)]

        def days() -> list[str]:
            ends = wording.arrival.month_end.tolist()
            later = [wording.timeline.date_of(end + _DEFERRED_DAYS).isoformat() for end in ends]
            return [day + "," for day in ["", *later]]

        return [
            wording.select("employer", lambda: wording.employer, rows % employers, encoding),
            wording.select("month", wording.months, rows // employers, encoding),
            wording.number(people[rows], encoding),
            wording.select("flag", flags, flag[rows], encoding),
            wording.select("amount", lambda: [f"{value}.00," for value in amounts.tolist()], amount[rows], encoding),
            wording.select("until", days, until[rows], encoding),
            wording.number(joins[rows], encoding),
            wording.select(
                "leaves", lambda: wording.ended([str(i) for i in range(most)], encoding), leaves[rows], encoding
            ),
        ]

    def revise(values: list[str]) -> None:
        values[5] = str(int(values[5]) + 2)

    spoil = {"期末参保人数": lambda _: "-5"}
    return wording.month_sheet("insured_headcount", np.arange(employers), parts, revise, spoil)


def monitored_sheet(wording: Wording, drawn: MonitoredForm, seed: int) -> Sheet:
    """The monitored employers' form, one file a unit and month."""
    rng = random_stream(seed, "loss kinds")
    employers = len(drawn.employer)
    numbers = [
        np.tile(drawn.base, drawn.losses.shape[1]),
        *(values.T.ravel() for values in (drawn.previous, drawn.current, drawn.hires, drawn.losses)),
    ]
    losses = numbers[-1]
    kinds, reasons = wording.codes["loss_type"], wording.codes["loss_reason"]
    usual = np.array([_USUAL.get(wording.classes[kind], _SELDOM) for kind in kinds])
    kind = rng.choice(len(kinds), len(losses), p=usual / usual.sum())
    if _CLOSING in kinds:
        kind = np.where(drawn.is_closing.T.ravel(), kinds.index(_CLOSING), kind)
    pair = np.where(losses > 0, 1 + kind * len(reasons) + rng.integers(0, len(reasons), len(losses)), 0)
    owner = random_stream(seed, "ownership").choice(list(_OWNERSHIP), employers, p=list(_OWNERSHIP.values()))
    size = [next(word for least, word in _SIZES if jobs >= least) for jobs in drawn.base.tolist()]
    kept = [f"{whose},{word}," for whose, word in zip(owner.tolist(), size, strict=True)]
    state = np.where(drawn.losses > _CUTS * drawn.previous, 1, 0)
    state = np.where((drawn.current == 0) | drawn.is_closing, 2, state).T.ravel()
    unpaid = _unpaid(drawn, random_stream(seed, "unpaid")).T.ravel()

    most = int(unpaid.max(initial=0))

    def parts(rows: Ints, encoding: Encoding) -> list[pa.Array]:
        def pairs() -> list[str]:
            return [",,"] + [f"{k},{r}," for k in kinds for r in reasons]

        return [
            wording.select("employer", lambda: wording.employer, drawn.employer[rows % employers], encoding),
            wording.select("month", wording.months, rows // employers, encoding),
            *(wording.number(values[rows], encoding) for values in numbers),
            wording.select("loss", pairs, pair[rows], encoding),
            wording.select("kept", lambda: kept, rows % employers, encoding),
            wording.select("operation", lambda: ["正常,", "半停产,", "停产,"], state[rows], encoding),
            wording.select(
                "unpaid", lambda: wording.ended([str(i) for i in range(most + 1)], encoding), unpaid[rows], encoding
            ),
        ]

    def revise(values: list[str]) -> None:
        if int(values[7]) > 0 and int(values[9]) > 0:
            values[9] = str(int(values[9]) + 1)
            values[7] = str(int(values[7]) - 1)

    spoil = {"减少岗位数": lambda value: str(int(value) + 7)}
    return wording.month_sheet("monitored_employer", drawn.employer, parts, revise, spoil)


def _unpaid(drawn: MonitoredForm, rng: np.random.Generator) -> Ints:
    """(employers, months) people whose wages are owed at the end of the month: of those who close, their last staff."""
    odds = np.where(drawn.is_closing, _UNPAID_CLOSING, _UNPAID)
    staff = np.where(drawn.is_closing, drawn.previous, drawn.current)
    owed = np.rint(staff * rng.uniform(*_UNPAID_SHARE, staff.shape))
    return np.where(rng.random(staff.shape) < odds, owed, 0).astype(np.int64)
