"""The least and the largest value of single variables of one linear program, solved one after another by HiGHS."""

from typing import Any

import highspy
import numpy as np

from pipelines.core.domain import UserError
from pipelines.publishing.suppression import Figures

_UNBOUNDED = (highspy.HighsModelStatus.kUnbounded, highspy.HighsModelStatus.kUnboundedOrInfeasible)
_ANSWERED = (highspy.HighsModelStatus.kOptimal, *_UNBOUNDED)


class _Quiet(highspy.Highs):
    """HiGHS that says nothing: by itself it prints its licence when callbacks are enabled, before any option counts."""

    def enableCallbacks(self) -> None:  # noqa: N802 - HiGHS's own name
        self.setOptionValue("output_flag", False)
        super().enableCallbacks()  # type: ignore[no-untyped-call]


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
        self._solver = _Quiet()  # type: ignore[no-untyped-call]
        for option, value in (("threads", 1), ("solver", "simplex")):
            self._solver.setOptionValue(option, value)
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
