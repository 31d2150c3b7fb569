"""The forms of the monthly feeds: how each drawn row is written, one sheet a feed."""

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipelines.demo.monthly import Headcount, MonitoredForm
from pipelines.demo.sheet import Encoding, Sheet
from pipelines.demo.stream import random_stream
from pipelines.demo.wording import Wording

Ints = NDArray[np.int64]

_CLOSING = "关闭破产"
_CONTRIBUTION = 460  # yuan a month and insured person
_DEFERRED_DAYS = 150
_SIZES = ((1000, "大型"), (300, "中型"), (20, "小型"), (0, "微型"))
_OWNERSHIP = {"内资": 0.90, "港澳台商投资": 0.04, "外商投资": 0.06}
_USUAL = {"normal": 6.0, "neutral": 2.5}
_SELDOM = 0.2


def headcount_sheet(wording: Wording, drawn: Headcount) -> Sheet:
    """Insured people per employer, one file a unit and month."""
    people, arrears = drawn.insured.T.ravel(), drawn.arrears.T.ravel()
    employers = len(wording.city.size)
    deferred = drawn.is_deferred.T.ravel()
    flag = np.minimum(arrears, 9) * 2 + deferred
    amounts, amount = np.unique(_CONTRIBUTION * arrears * people, return_inverse=True)
    until = np.where(deferred, 1 + np.arange(len(people)) // employers, 0)

    def parts(rows: Ints, encoding: Encoding) -> list[pa.Array]:
        def flags() -> list[str]:
            return [f"{i // 2},{'否是'[i % 2]}," for i in range(20)]

        def days() -> list[str]:
            ends = wording.arrival.month_end.tolist()
            later = [wording.timeline.date_of(end + _DEFERRED_DAYS).isoformat() for end in ends]
            return wording.ended(["", *later], encoding)

        return [
            wording.take("employer", lambda: wording.employer, rows % employers, encoding),
            wording.take("month", wording.months, rows // employers, encoding),
            wording.number(people[rows], encoding),
            wording.take("flag", flags, flag[rows], encoding),
            wording.take("amount", lambda: [f"{value}.00," for value in amounts.tolist()], amount[rows], encoding),
            wording.take("deferred", days, until[rows], encoding),
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
    kept = [f"{whose},{word}" for whose, word in zip(owner.tolist(), size, strict=True)]

    def parts(rows: Ints, encoding: Encoding) -> list[pa.Array]:
        def pairs() -> list[str]:
            return [",,"] + [f"{k},{r}," for k in kinds for r in reasons]

        return [
            wording.take("employer", lambda: wording.employer, drawn.employer[rows % employers], encoding),
            wording.take("month", wording.months, rows // employers, encoding),
            *(wording.number(values[rows], encoding) for values in numbers),
            wording.take("loss", pairs, pair[rows], encoding),
            wording.take("kept", lambda: wording.ended(kept, encoding), rows % employers, encoding),
        ]

    def revise(values: list[str]) -> None:
        if int(values[7]) > 0 and int(values[9]) > 0:
            values[9] = str(int(values[9]) + 1)
            values[7] = str(int(values[7]) - 1)

    spoil = {"减少岗位数": lambda value: str(int(value) + 7)}
    return wording.month_sheet("monitored_employer", drawn.employer, parts, revise, spoil)
