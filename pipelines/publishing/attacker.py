"""The attacker check: between which figures everything the general file tells leaves each hidden cell of a month.

The attacker reads all tables and all their vintages. Known to him: every told figure; that every total is the sum of
its parts; that counts are not negative; which cells did not change between two vintages; that a count or its rate is
one figure; that a part of a rate is at most its whole; the bands of warnings. Of weeks nothing is known beside months
(``disclosure.is_weekly_of_city``). That is a linear program, and a hidden cell is protected when its least and
largest solution are as far apart as ``disclosure.needed`` says: at least so many whole numbers remain as persons are
needed to be told.

Most cells have a *witness*: a complete other table that agrees with everything (``protect.reach``), which shows as much
as the program would. Only of the others the program is solved. Outside knowledge is not covered: an employer that knows
its own figure, what an office says of itself, another publication.
"""

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import duckdb
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from pipelines.core.catalogue.indicators import catalogue
from pipelines.core.domain import Grain, UserError
from pipelines.core.region.load import Region
from pipelines.publishing.attacker_constraints import Program, program_of, told_cells
from pipelines.publishing.disclosure import METHOD
from pipelines.publishing.lp_bounds import Extremes, Figures
from pipelines.publishing.suppression import EXACT, Mask, Measure, sums, witnesses

NEWEST = 3  # months looked at whenever something is published
_INSIDE = ("indicator", "part", "grain", "period", "area", "industry", "least", "most", "need")
_BREACHES = 5  # after so many nobody looks for more


@dataclass(frozen=True)
class Attacked:
    """What the check of some months found: hidden cells, and those inside their protection with what is left open.

    ``inside``: indicator, part, grain, period, area, industry, least, most, need.
    """

    cells: int
    inside: pd.DataFrame


def check_newest(con: duckdb.DuckDBPyConnection, region: Region) -> None:
    """Check the newest months, as far as anything told of them is new; raises UserError that names a narrow cell."""
    known = dict(con.execute("select month, digest from restricted.checked_month").fetchall())
    for month in told_months(con)[-NEWEST:]:
        digest = _digest(con, region, month)
        if known.get(month) == digest:
            continue
        inside = attack(con, region, [month]).inside
        if len(inside):
            cell = inside.iloc[0]
            raise UserError(
                f"发布前检查未通过：公开文件中不公开的单元可以推出：{cell['indicator']} {cell['grain']} "
                f"{cell['period']:%Y-%m-%d} {cell['area']} {cell['industry']} 的 {cell['part']} 必在 "
                f"{cell['least']:g} 至 {cell['most']:g} 之间，窄于应有的 {cell['need']:g}，共 {len(inside)} 处以上；"
                "上一版次仍然有效 (a hidden cell can be told from the rest)"
            )
        con.execute("delete from restricted.checked_month where month = $month", {"month": month})
        con.execute("insert into restricted.checked_month values ($month, $digest)", {"month": month, "digest": digest})


def _digest(con: duckdb.DuckDBPyConnection, region: Region, month: date) -> str:
    """Of all that is told of a month: its tables in every vintage, and the bands of warnings that bound one of them."""
    span = {"first": region.week_start(month), "last": region.period_end(Grain.MONTH, month), "month": month}
    told = con.execute(
        "select count(*), sum(cast(hash(indicator, area, industry, cohort, grain, period, numerator, denominator, "
        "known_from, known_to) as hugeint)) from general.reading where period between $first and $last",
        {"first": month - timedelta(days=32), "last": span["last"]},  # a rate is made of the month before, too
    ).fetchall()
    bands = con.execute(
        "select count(*), sum(cast(hash(indicator, area, industry, window_from, window_to, observed_band, people_band) "
        "as hugeint)) from (select distinct indicator, area, industry, window_from, window_to, observed_band, "
        "people_band from restricted.episode where window_to >= $first and window_from <= $last and "
        "(window_to - window_from >= 6 or window_from >= $month))",
        span,
    ).fetchall()
    said = f"{METHOD} {region.disclosure} {told} {bands}"
    return hashlib.sha256(said.encode()).hexdigest()[:16]


def told_months(con: duckdb.DuckDBPyConnection) -> list[date]:
    """First days of all months of which the general file tells something."""
    rows = con.execute(
        "select distinct cast(date_trunc('month', period) as date) as month from general.reading order by month"
    ).fetchall()
    return [month for (month,) in rows]


def attack(
    con: duckdb.DuckDBPyConnection, region: Region, months: Sequence[date], only: Collection[str] = ()
) -> Attacked:
    """Bound every hidden cell of these months, of ``only`` these indicators or of all.

    ``restricted`` and ``general`` are attached.
    """
    count, inside = 0, []
    for month in months:
        cells = told_cells(con, region, month, only or tuple(catalogue()))
        if cells.empty or not cells["is_hidden"].any():
            continue
        program = program_of(con, region, month, cells)
        own = cells.drop_duplicates("figure").set_index("figure").sort_index()
        looked = program.hidden & own["is_own"].to_numpy(dtype=bool)
        count += int(looked.sum())
        low, high = _bound(program, looked)
        narrow = looked & (high - low < program.need - EXACT)
        shown = own[narrow].assign(least=low[narrow], most=high[narrow], need=program.need[narrow])
        inside.append(shown[list(_INSIDE)])
    none = pd.DataFrame(columns=list(_INSIDE))
    return Attacked(count, pd.concat(inside, ignore_index=True) if inside else none)


def _bound(program: Program, looked: Mask) -> tuple[Figures, Figures]:
    """Least and largest figure of each cell looked at, by witnesses, else exactly by the program."""
    low, high = program.truth.copy(), program.truth.copy()
    equal, less = _rows(program)
    for figure, is_there in program.blocks:
        _witness(program, equal, less, figure, is_there, low, high)
    lacking = looked & (high - low < program.need - EXACT)
    if not lacking.any():
        return low, high
    touches = abs(sparse.vstack([equal, less]) @ sparse.diags_array(program.hidden.astype(float)))
    _, part = connected_components(touches.T @ touches, directed=False)
    narrow = 0
    extremes: dict[int, tuple[NDArray[np.intp], Extremes]] = {}
    for cell in np.flatnonzero(lacking).tolist():
        if high[cell] - low[cell] >= program.need[cell] - EXACT:
            continue
        if narrow == _BREACHES:
            high[cell] = np.inf  # nobody looks any more, so nothing is said of it
            continue
        if part[cell] not in extremes:
            connected = np.flatnonzero(program.hidden & (part == part[cell]))
            extremes[part[cell]] = connected, _extremes(program, equal, less, connected)
        its, solved = extremes[part[cell]]
        for sign in (1.0, -1.0):
            point = solved.point(int(np.searchsorted(its, cell)), sign)
            if point is None:
                low[cell], high[cell] = (-np.inf, high[cell]) if sign > 0 else (low[cell], np.inf)
            else:
                low[its], high[its] = np.minimum(low[its], point), np.maximum(high[its], point)
        narrow += int(high[cell] - low[cell] < program.need[cell] - EXACT)
    return low, high


def _witness(
    program: Program, equal: Any, less: Any, figure: NDArray[np.intp], is_there: Mask, low: Figures, high: Figures
) -> None:
    """Widen ``low`` and ``high`` by witnesses of one table that agree with all others, too."""
    is_open = is_there & program.hidden[figure]
    its = figure[is_open]
    if not len(its) or len(np.unique(its)) < len(its):  # a figure that stands twice in one table would move twice
        return
    value = np.where(is_there, program.truth[figure], 0.0)
    measure = Measure(
        value,
        np.minimum(np.where(is_there, program.low[figure], 0.0), value),
        np.maximum(np.where(is_there, program.high[figure], 0.0), value),
        np.where(is_there, program.need[figure], 0.0),
        ~is_open,
    )
    held = is_open.copy()
    held[:, 0] &= is_open.shape[1] == 1
    for which in (held, is_open):  # totals over industries that stay agree with other tables that have them
        moved = witnesses(measure, which)[:, is_open]
        agrees = (np.abs(equal[:, its] @ moved.T) <= 2 * EXACT).all(axis=0)
        agrees &= (less[:, its] @ moved.T + (less @ program.truth)[:, None] <= 2 * EXACT).all(axis=0)
        moved = moved[agrees]
        low[its] = np.minimum(low[its], program.truth[its] + moved.min(axis=0, initial=0.0))
        high[its] = np.maximum(high[its], program.truth[its] + moved.max(axis=0, initial=0.0))


def _rows(program: Program) -> tuple[Any, Any]:
    """The sums of all tables and the rows of ``less`` as sparse matrices over the figures."""
    count = len(program.truth)
    equal = [sparse.csr_array((1, count))]
    for figure, is_there in program.blocks:
        cells = np.flatnonzero(is_there.ravel())
        lay = sparse.csr_array((np.ones(len(cells)), (cells, figure.ravel()[cells])), shape=(figure.size, count))
        equal.append(sums(*figure.shape) @ lay)
    less = sparse.lil_array((max(len(program.less), 1), count))
    for index, row in enumerate(program.less):
        for at, weight in row.items():
            less[index, at] = weight
    return sparse.csr_array(sparse.vstack(equal)), sparse.csr_array(less)


def _extremes(program: Program, equal: Any, less: Any, its: NDArray[np.intp]) -> Extremes:
    """The program over these connected figures; all others stay what they are."""
    truth = program.truth[its]
    matrix, rows = equal[:, its], less[:, its]
    kept, bound = np.flatnonzero(np.diff(matrix.indptr)), np.flatnonzero(np.diff(rows.indptr))
    most = rows[bound] @ truth - (less @ program.truth)[bound]
    low, high = np.minimum(program.low[its], truth), np.maximum(program.high[its], truth)
    return Extremes(truth, matrix[kept], rows[bound], most, low, high)
