"""An attacker of the general file, written apart from disclosure control: one linear program over all told periods.

It reads ``general.duckdb`` alone and imports nothing of ``pipelines.publishing``. Unknown are the figures without a
number that are no plain sum of told ones (nor a rate's total that leaves out areas of its count, which rests on many
and is the difference of told ones), and of each week on a month's border its two parts. Known are the told figures;
that a total is the sum of its areas or industries; that a month is the weeks inside it and the parts of those on its
borders, for every area and the city at once; that counts are not negative; that a rate's parts are those of its counts,
and its numerator at most its denominator, where no told rate is larger. All periods that hang together through hidden figures are one program. What a revision made untrue (a sum
over vintages of different days) is left out, as an attacker would who finds that it cannot hold.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import duckdb
import highspy
import numpy as np
import pandas as pd
from scipy import sparse
from scipy.sparse.csgraph import connected_components

ALL = "ALL"
# A rate's part is another indicator's count, of so many months before: as the headers of the two say.
SAME = {
    ("insured_net_change_rate", "numerator"): ("insured_net_change", 0),
    ("insured_net_change_rate", "denominator"): ("insured_headcount", 1),
}
OFF = 1e-6
RANDOM_POINTS = 24

Cell = tuple[str, str, str, str, str, pd.Timestamp]
"""indicator, part, grain, area, industry, period."""


@dataclass
class Knowledge:
    """Unknown figures by number, the least each can be, and rows: weights by unknown, what they add up to, kind."""

    unknown: dict[Cell | tuple[Cell, str], int] = field(default_factory=dict)
    low: list[float] = field(default_factory=list)
    rows: list[tuple[dict[int, float], float, str]] = field(default_factory=list)
    same: set[Cell] = field(default_factory=set)

    def name(self, key: Cell | tuple[Cell, str], low: float) -> int:
        """The number of an unknown figure, or of the part of a week."""
        if key not in self.unknown:
            self.unknown[key] = len(self.low)
            self.low.append(low)
        return self.unknown[key]


def snapshots(general: Path) -> list[datetime | None]:
    """None, for what is in force; and the instants up to which something was told that was told anew later."""
    with duckdb.connect(str(general), read_only=True) as con:
        ended = con.execute("select distinct known_to from reading where known_to is not null order by 1").fetchall()
    return [None, *(instant for (instant,) in ended)]


def attack(general: Path, before: datetime | None = None, width: float = 9.0) -> pd.DataFrame:
    """Every figure without a number in the file in force (or just ``before`` an instant), and what can be said of it.

    Returns indicator, part, grain, area, industry, period, least, most. The two are exact where they are less than
    ``width`` apart; else they are only known to be at least so far apart.
    """
    with duckdb.connect(str(general), read_only=True) as con:
        city = con.execute("select value from manifest where key = 'city'").fetchall()[0][0]
        when = (
            "known_to is null"
            if before is None
            else "known_from < $before and (known_to is null or known_to >= $before)"
        )
        told = con.execute(
            "select indicator, area, industry, grain, cast(period as timestamp) as period, numerator, denominator, "  # nosec B608 # our own words
            f"is_suppressed, is_ratio from reading join indicator using (indicator) where cohort = 'all' and {when}",
            {} if before is None else {"before": before},
        ).df()
    return bounds(told, city, width)


def bounds(told: pd.DataFrame, city: str, width: float = 9.0) -> pd.DataFrame:
    """The same of told cells: indicator, area, industry, grain, period, numerator, denominator, is_suppressed, is_ratio."""
    knowledge = known(told, city)
    least, most = _bounded(knowledge, width)
    rows = [
        (*key, least[at], most[at])
        for key, at in knowledge.unknown.items()
        if len(key) == 6 and not (key[:2] in SAME and key[3] == city and key not in knowledge.same)
    ]
    return pd.DataFrame(
        rows, columns=["indicator", "part", "grain", "area", "industry", "period", "least", "most"]
    ).astype({"least": float, "most": float})


def _figures(told: pd.DataFrame) -> dict[Cell, float]:
    """The figure of every cell; not a number where it is hidden."""
    figures: dict[Cell, float] = {}
    for row in told.itertuples(index=False):
        for part in ("numerator", "denominator") if row.is_ratio else ("numerator",):
            figure = getattr(row, part)
            figures[row.indicator, part, row.grain, row.area, row.industry, row.period] = (
                np.nan if row.is_suppressed else 0.0 if figure is None or np.isnan(figure) else figure
            )
    return figures


def known(told: pd.DataFrame, city: str) -> Knowledge:
    """What the told tables say of the figures they do not tell."""
    knowledge, figures = Knowledge(), _figures(told)
    same = _same(figures, city)
    knowledge.same = {cell for cell, _ in same}
    for cell, other in same:
        for one, its in ((cell, other), (other, cell)):
            figures[one] = figures[its] if np.isnan(figures[one]) else figures[one]
    for whole, parts in _sums(figures, city):
        figures[whole] = sum(figures[part] for part in parts) if np.isnan(figures[whole]) else figures[whole]
    signed = {cell[:2] for cell, figure in figures.items() if figure < 0}
    signed |= {part for part, (count, _) in SAME.items() if (count, "numerator") in signed}

    def term(cell: Cell) -> tuple[int | None, float]:
        if not np.isnan(figures[cell]):
            return None, figures[cell]
        return knowledge.name(cell, -np.inf if cell[:2] in signed else 0.0), 0.0

    def add(whole: Cell, parts: list[tuple[int | None, float]], kind: str) -> None:
        row, right = defaultdict(float), 0.0
        for sign, (at, figure) in [(-1.0, term(whole)), *((1.0, part) for part in parts)]:
            if at is None:
                right -= sign * figure
            else:
                row[at] += sign
        if row or abs(right) > OFF:
            knowledge.rows.append((dict(row), right, kind))

    for whole, parts in _sums(figures, city):
        add(whole, [term(part) for part in parts], f"sum {whole[:2]}")
    for cell, other in same:
        if np.isnan(figures[cell]):
            add(cell, [term(other)], "same")
    for numerator, denominator in _rates(figures):
        if np.isnan([figures[numerator], figures[denominator]]).any():
            add(denominator, [term(numerator), (knowledge.name((numerator, "rest"), 0.0), 0.0)], "rate")
    for month, weeks in _months(figures):
        parts = []
        for week, is_inside in weeks:
            if is_inside:
                parts.append(term(week))
                continue
            low = -np.inf if week[:2] in signed else 0.0
            its = [knowledge.name((week, side), low) for side in ("first", "last")]
            side = 0 if week[5] >= month[5] else 1
            parts.append((its[side], 0.0))
            if side == 0:
                add(week, [(at, 0.0) for at in its], "week")
        add(month, parts, "month")
    return knowledge


def _same(figures: dict[Cell, float], city: str) -> list[tuple[Cell, Cell]]:
    """Parts of rates, and the counts they are; not of a total that leaves out areas which the count's has."""
    areas = defaultdict(set)
    for indicator, part, grain, area, _, period in figures:
        areas[indicator, part, grain, period].add(area)
    found = []
    for cell in [cell for cell in figures if cell[:2] in SAME]:
        count, back = SAME[cell[:2]]
        other = (count, "numerator", cell[2], cell[3], cell[4], cell[5] - pd.DateOffset(months=back))
        whole = areas[cell[0], cell[1], cell[2], cell[5]] >= areas[count, "numerator", other[2], other[5]]
        if other in figures and (whole or cell[3] != city):
            found.append((cell, other))
    return found


def _sums(figures: dict[Cell, float], city: str) -> Iterator[tuple[Cell, list[Cell]]]:
    """Totals and their parts, of tables whose fully told totals all are the sum of theirs."""
    by_area, by_industry = defaultdict(list), defaultdict(list)
    for cell in figures:
        indicator, part, grain, area, industry, period = cell
        if area != city:
            by_area[indicator, part, grain, city, industry, period].append(cell)
        if industry != ALL:
            by_industry[indicator, part, grain, area, ALL, period].append(cell)
    for lines in (by_area, by_industry):
        told = [
            (whole, sum(figures[part] for part in parts))
            for whole, parts in lines.items()
            if whole in figures and not np.isnan([figures[whole], *(figures[part] for part in parts)]).any()
        ]
        wrong = {whole[:3] for whole, total in told if abs(total - figures[whole]) > OFF}
        for whole, parts in lines.items():
            if whole in figures and whole[:3] not in wrong:
                yield whole, parts


def _rates(figures: dict[Cell, float]) -> list[tuple[Cell, Cell]]:
    """Numerators and denominators of rates of which none that is told is below 0 or above 1."""
    pairs = [
        (cell, (cell[0], "denominator", *cell[2:]))
        for cell in figures
        if cell[1] == "numerator" and (cell[0], "denominator", *cell[2:]) in figures
    ]
    wrong = {one[0] for one, other in pairs if figures[one] > figures[other] or figures[one] < 0}
    return [(one, other) for one, other in pairs if one[0] not in wrong]


def _months(figures: dict[Cell, float]) -> Iterator[tuple[Cell, list[tuple[Cell, bool]]]]:
    """Months with all the weeks that touch them, and whether each lies inside."""
    weeks = {cell for cell in figures if cell[2] == "week"}
    series = {cell[:2] for cell in weeks}
    for month in [cell for cell in figures if cell[2] == "month" and cell[4] == ALL and cell[:2] in series]:
        first, last = month[5], month[5] + pd.offsets.MonthEnd(0)
        starts = pd.date_range(first - pd.Timedelta(days=first.weekday()), last, freq="7D")
        its = [(month[0], month[1], "week", month[3], ALL, start) for start in starts]
        if all(week in weeks for week in its):
            yield month, [(week, week[5] >= first and week[5] + pd.Timedelta(days=6) <= last) for week in its]


def _bounded(knowledge: Knowledge, width: float) -> tuple[np.ndarray, np.ndarray]:
    """Least and largest of every unknown figure, program by program; what holds no more is left out first."""
    count = len(knowledge.low)
    least, most = np.full(count, np.inf), np.full(count, -np.inf)
    matrix = sparse.lil_array((len(knowledge.rows), count))
    for at, (row, _, _) in enumerate(knowledge.rows):
        for unknown, weight in row.items():
            matrix[at, unknown] = weight
    matrix = sparse.csr_array(matrix)
    low, right = np.array(knowledge.low), np.array([right for _, right, _ in knowledge.rows])
    is_cell = np.array([len(key) == 6 for key in knowledge.unknown])
    _, part = connected_components(abs(matrix).T @ abs(matrix), directed=False)
    rng = np.random.default_rng(1)
    for one in range(part.max(initial=-1) + 1):
        its = np.flatnonzero(part == one)
        rows = np.flatnonzero(abs(matrix[:, its]).sum(axis=1))
        program = _Program(_holding(matrix[rows][:, its], right[rows], low[its]), low[its])
        _widen(program, rng, is_cell[its], width)
        least[its], most[its] = program.least, program.most
    return least, most


def _holding(matrix: sparse.csr_array, right: np.ndarray, low: np.ndarray) -> tuple[sparse.csr_array, np.ndarray]:
    """The rows that can hold together: where not all do, those are left out whose sum must be off."""
    rows, count = matrix.shape
    elastic = sparse.csc_array(sparse.hstack([matrix, sparse.eye_array(rows), -sparse.eye_array(rows)]))
    solver = _solver(elastic, right, np.concatenate([low, np.zeros(2 * rows)]))
    solver.changeColsCost(2 * rows, np.arange(count, count + 2 * rows, dtype=np.int32), np.ones(2 * rows))
    solver.run()
    point = np.asarray(solver.getSolution().col_value)
    kept = point[count : count + rows] + point[count + rows :] <= OFF
    return sparse.csr_array(matrix[kept]), right[kept]


def _solver(matrix: sparse.csc_array, right: np.ndarray, low: np.ndarray) -> highspy.Highs:
    solver = highspy.Highs()
    for option, value in (("output_flag", False), ("threads", 1), ("solver", "simplex")):
        solver.setOptionValue(option, value)
    program = highspy.HighsLp()
    program.num_row_, program.num_col_ = matrix.shape
    program.col_cost_, program.col_lower_ = np.zeros(matrix.shape[1]), low
    program.col_upper_ = np.full(matrix.shape[1], np.inf)
    program.row_lower_ = program.row_upper_ = right
    program.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    program.a_matrix_.start_, program.a_matrix_.index_ = matrix.indptr, matrix.indices
    program.a_matrix_.value_ = matrix.data
    solver.passModel(program)
    return solver


class _Program:
    """Points of one program, and the least and largest value of each unknown in any of them."""

    def __init__(self, held: tuple[sparse.csr_array, np.ndarray], low: np.ndarray) -> None:
        matrix, right = held
        self.count = len(low)
        self._solver = _solver(sparse.csc_array(matrix), right, low)
        self.least, self.most = np.full(self.count, np.inf), np.full(self.count, -np.inf)
        self._all = np.arange(self.count, dtype=np.int32)

    def ask(self, cost: np.ndarray) -> bool:
        """Whether there is an end in this direction; the point there is counted."""
        self._solver.changeColsCost(self.count, self._all, cost)
        self._solver.run()
        status = self._solver.getModelStatus()
        if status != highspy.HighsModelStatus.kOptimal:
            self._solver.clearSolver()
            self._solver.run()
            status = self._solver.getModelStatus()
        if status == highspy.HighsModelStatus.kOptimal:
            point = np.asarray(self._solver.getSolution().col_value)
            self.least, self.most = np.minimum(self.least, point), np.maximum(self.most, point)
            return True
        unbounded = (highspy.HighsModelStatus.kUnbounded, highspy.HighsModelStatus.kUnboundedOrInfeasible)
        assert status in unbounded, self._solver.modelStatusToString(status)
        return False


def _widen(program: _Program, rng: np.random.Generator, looked: np.ndarray, width: float) -> None:
    for _ in range(RANDOM_POINTS if program.count > RANDOM_POINTS else 0):
        program.ask(rng.normal(size=program.count) * (program.most - program.least < width))
    for at in np.flatnonzero(looked):
        for sign in (1.0, -1.0):
            if program.most[at] >= program.least[at] + width:
                break
            cost = np.zeros(program.count)
            cost[at] = sign
            if not program.ask(cost):
                (program.least if sign > 0 else program.most)[at] = -sign * np.inf
