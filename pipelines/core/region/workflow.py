"""The tables of a warning's workflow: steps with their time limits, and the measures that are proposed."""

from collections.abc import Sequence

import pandas as pd

from pipelines.core.domain import ENDS, Level, State, UserError
from pipelines.core.region.table import Table

_LEADS_ON = {State.TO_VERIFY: State.CONFIRMED, State.CONFIRMED: State.ISSUED, State.ISSUED: State.HANDLING}
"""The way of a warning that turns out true: each of these steps has a time limit, so that none lies unnoticed."""


def steps_of(table: Table | None, columns: Sequence[str]) -> pd.DataFrame:
    """A row a step and level; every state but the last ones can be left at every level."""
    if table is None:
        return pd.DataFrame(columns=[*columns, "level"])
    frame = table.frame
    table.refuse(frame["from"] == frame["to"], "to", "与 from 相同，请改成下一个状态")
    table.refuse(~(frame["within_hours"].isna() | (frame["within_hours"] > 0)), "within_hours", "应为正整数")
    is_timed = frame["within_hours"].notna()
    table.refuse(is_timed != frame["counts_from"].notna(), "counts_from", "应与 within_hours 同时填写或同时空着")
    table.refuse(is_timed & ~frame["counts_from"].isin(list(State)), "counts_from", "应为一个状态，如 confirmed")
    leads_on = frame["from"].map(_LEADS_ON) == frame["to"]
    table.refuse(leads_on & ~is_timed, "within_hours", "不能为空：核实、发布、处置都要有时限（小时）")
    reminds = frame["remind_hours"]
    is_reminded = reminds.notna()
    table.refuse(
        is_reminded & ~(leads_on & (frame["from"] == State.TO_VERIFY)),
        "remind_hours",
        "只写在 to_verify 到 confirmed 的行",
    )
    table.refuse(
        is_reminded & ~((reminds > 0) & (reminds <= frame["within_hours"])),
        "remind_hours",
        "应为正整数，且不大于 within_hours",
    )
    table.require_unique("from", "to", "levels", "role")
    steps = frame.assign(level=frame["levels"].str.split(";")).explode("level", ignore_index=True)
    steps["level"] = steps["level"].astype(int)
    for level in Level:
        its = steps[steps["level"] == level]
        for state in sorted({State.TO_VERIFY, *its["to"]} - ENDS):
            if state not in set(its["from"]):
                raise UserError(
                    f"{table.path.parent.name}/{table.path.name}：{level.value} 级预警到了“{state}”就没有下一步，"
                    f"请补上一行 from={state}。"
                )
    return steps


def playbook_of(table: Table | None, rules: Table, columns: Sequence[str]) -> pd.DataFrame:
    """Measures as they are proposed: each for kinds of rules, and for some of their indicators where it names any."""
    if table is None:
        return pd.DataFrame(columns=list(columns))
    frame = table.frame
    table.require_unique("playbook")
    table.refuse(~frame["item"].between(1, 25), "item", "应为通知的项数，1 至 25")
    table.refuse(frame["due_days"] < 1, "due_days", "应为正整数（天）")
    table.require_in("kinds", set(rules.frame["kind"]), "rules.csv 的 kind", separator=";")
    table.require_in("indicators", set(rules.frame["indicator"]), "rules.csv 的 indicator", separator=";")
    return frame
