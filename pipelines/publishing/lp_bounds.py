"""Linear programs solved by HiGHS: the cheapest solution of one, the least and largest values of variables of one."""

from collections.abc import Mapping
from typing import Any

import highspy
import numpy as np
from numpy.typing import NDArray

from pipelines.core.domain import UserError

Figures = NDArray[np.float64]

_UNBOUNDED = (highspy.HighsModelStatus.kUnbounded, highspy.HighsModelStatus.kUnboundedOrInfeasible)
_ANSWERED = (highspy.HighsModelStatus.kOptimal, *_UNBOUNDED)


class _Quiet(highspy.Highs):
    """HiGHS that says nothing: by itself it prints its licence when callbacks are enabled, before any option counts."""

    def enableCallbacks(self) -> None:  # noqa: N802 - HiGHS's own name
        self.setOptionValue("output_flag", False)
        super().enableCallbacks()  # type: ignore[no-untyped-call]


def _new_solver(options: Mapping[str, str | int]) -> _Quiet:
    solver = _Quiet()  # type: ignore[no-untyped-call]
    for option, value in options.items():
        solver.setOptionValue(option, value)
    return solver


_DUAL_SIMPLEX: Mapping[str, str | int] = {"threads": 1, "solver": "simplex", "simplex_strategy": 1, "presolve": "off"}


def solve_equal(cost: Figures, matrix: Any, low: Figures, high: Figures) -> Figures | None:
    """The x of least ``cost`` (n,) @ x where ``matrix`` @ x is 0 and ``low`` <= x <= ``high``; None: there is none.

    matrix: scipy CSC array (rows, n). Begins anew each time: the answer hangs on nothing asked before.
    """
    program = highspy.HighsLp()
    program.num_row_, program.num_col_ = matrix.shape
    program.col_cost_, program.col_lower_, program.col_upper_ = cost, low, high
    program.row_lower_ = program.row_upper_ = np.zeros(matrix.shape[0])
    program.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    program.a_matrix_.start_, program.a_matrix_.index_ = matrix.indptr, matrix.indices
    program.a_matrix_.value_ = matrix.data
    solver = _new_solver(_DUAL_SIMPLEX)
    solver.passModel(program)
    solver.run()
    if solver.getModelStatus() != highspy.HighsModelStatus.kOptimal:
        return None
    return np.asarray(solver.getSolution().col_value)


class Extremes:
    """A program over n variables whose point ``inside`` is feasible: each answer begins where the last one ended.

    Where that leads nowhere (the end of an unbounded question may be no basis for the next), it begins anew.

    equal, less: scipy CSR arrays (rows, n); equal @ x is what it is ``inside``, less @ x at most ``most``. low, high:
    bounds (n,), infinite where there are none.
    """

    def __init__(self, inside: Figures, equal: Any, less: Any, most: Figures, low: Figures, high: Figures) -> None:
        same, rows = equal @ inside, equal.shape[0] + less.shape[0]
        program = highspy.HighsLp()
        program.num_col_, program.num_row_ = len(inside), rows
        program.col_cost_ = np.zeros(len(inside))
        program.col_lower_, program.col_upper_ = low, high
        program.row_lower_ = np.concatenate([same, np.full(less.shape[0], -np.inf)])
        program.row_upper_ = np.concatenate([same, most])
        program.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
        program.a_matrix_.start_ = np.concatenate([equal.indptr, equal.indptr[-1] + less.indptr[1:]])
        program.a_matrix_.index_ = np.concatenate([equal.indices, less.indices])
        program.a_matrix_.value_ = np.concatenate([equal.data, less.data])
        self._solver = _new_solver({"threads": 1, "solver": "simplex"})
        self._solver.passModel(program)

    def point(self, variable: int, sign: float) -> Figures | None:
        """The solution (n,) with the least (``sign`` 1) or largest (-1) value of a variable; None: there is no bound.

        Raises UserError when the program cannot be solved.
        """
        self._solver.changeColCost(variable, sign)
        self._solver.run()
        if self._solver.getModelStatus() not in _ANSWERED:
            self._solver.clearSolver()
            self._solver.run()
        status = self._solver.getModelStatus()
        self._solver.changeColCost(variable, 0.0)
        if status in _UNBOUNDED:
            return None
        if status not in _ANSWERED:
            said = self._solver.modelStatusToString(status)
            raise UserError(f"发布前检查无法完成：线性规划没有解出（{said}）(the attacker check was not solved)")
        return np.asarray(self._solver.getSolution().col_value)
