"""Data that lack: so many slots of an area's feed due within a window did not come, or not well."""

from collections.abc import Sequence
from datetime import date, timedelta

import pandas as pd

from pipelines.core.catalogue.indicators import catalogue
from pipelines.core.domain import TOTAL_INDUSTRY
from pipelines.core.sql import step
from pipelines.judging.findings import FINDING, as_findings, keep_worst
from pipelines.judging.lifecycle import EarlyWarning, Key
from pipelines.judging.rule_kind import EditionContext, RuleInputs, SeenSeries, WarningKind
from pipelines.judging.rule_scope import holds_in_area

NAME = "data_fault"


class DataFault(WarningKind):
    """Rules on reports that did not come."""

    name = NAME
    is_about_data = True
    is_certain = True

    def load_facts(self, context: EditionContext, rules: pd.DataFrame) -> pd.DataFrame:
        """Slots that are missing, held, refused or withdrawn: indicator, area, due_on."""
        feeds = pd.DataFrame(
            [(name, feed) for name in rules["indicator"].unique() for feed in catalogue()[str(name)].roster_feeds],
            columns=["indicator", "feed"],
        )
        since = context.cutoff_at - timedelta(days=int(rules["window_days"].max()))
        asked = {"feeds": feeds["feed"].tolist(), "since": since, "cutoff_at": context.cutoff_at}
        return context.con.execute(step("fault"), asked).df().merge(feeds, on="feed")

    def evaluate(self, inputs: RuleInputs) -> pd.DataFrame:
        """As of ``WarningKind``."""
        return find_data_faults(inputs.rules, inputs.facts_of(NAME), inputs.context.day)

    def evaluated_until(self, warnings: Sequence[EarlyWarning], inputs: RuleInputs) -> dict[Key, tuple[date, int]]:
        """As of ``WarningKind``: once one of the reports has come; on a day off nothing is due, and nothing comes."""
        con, day, cutoff_at = inputs.context.con, inputs.context.day, inputs.context.cutoff_at
        rows = [
            (number, list(catalogue()[one.indicator].roster_feeds), one.area, cutoff_at - (day - one.judged_to))
            for number, one in enumerate(warnings)
        ]
        con.register("lacking", pd.DataFrame(rows, columns=["number", "feeds", "area", "since"]))
        found = con.execute(step("came"), {"cutoff_at": cutoff_at}).fetchall()
        con.unregister("lacking")
        came = [warnings[number] for (number,) in found]
        return {one.key: (day, (day - one.judged_to).days) for one in came}

    def describe(self, seen: SeenSeries) -> str:
        """As of ``WarningKind``."""
        return f"{seen.area}应报的{seen.title}数据多次未报或未通过检查，其间的变化看不到"


KIND = DataFault()


def find_data_faults(rules: pd.DataFrame, faults: pd.DataFrame, day: date) -> pd.DataFrame:
    """Findings of rules on data that lack; ``faults``: as loaded."""
    rule = rules[rules["kind"] == NAME]
    if rule.empty or faults.empty:
        return pd.DataFrame(columns=FINDING)
    met = faults.merge(rule, on="indicator")
    met = met[(pd.Timestamp(day) - met["due_on"]).dt.days < met["window_days"].astype(float)]
    slots = ["rule_id", "indicator", "area", "level", "line"]
    met = (
        met[holds_in_area(met)]
        .groupby(slots, as_index=False)
        .agg(
            observed=("due_on", "size"),
            window_from=("due_on", "min"),
            window_to=("due_on", "max"),
            kind=("kind", "first"),
        )
    )
    met = keep_worst(met[met["observed"] >= met["line"]], ["rule_id", "area"], [])
    return as_findings(met.assign(industry=TOTAL_INDUSTRY, data_to=pd.Timestamp(day)))
