"""The judge stage: one edition's findings, and what they make of the episodes that are open."""

from collections.abc import Callable
from datetime import date, timedelta

import duckdb
import pandas as pd

from pipelines.alerts import rules
from pipelines.alerts.fold import Series, fold
from pipelines.alerts.lifecycle import EarlyWarning, Key, advance, from_row
from pipelines.domain import Edition
from pipelines.region import Region
from pipelines.warehouse.catalogue import SQL, catalogue, step
from pipelines.warehouse.transform import Change

LAYOFF_DAYS = 180  # reports older than this are behind every rule's window
READING_DAYS = 75  # a month that ended longer ago is history, no warning
CAUSE_SHARE, CAUSE_PEOPLE = 0.5, 10  # an employer is named when it brings at least half of the excess and ten people
_EPISODE = list(EarlyWarning.__dataclass_fields__)
Reported = Callable[[str, str, str, date], tuple[date, int] | None]


class Judge:
    """Applies the region's rules to one edition after another; ``con`` sees the drops in force as ``in_force``."""

    def __init__(self, con: duckdb.DuckDBPyConnection, region: Region, reported_since: Reported) -> None:
        self._con = con
        self._region = region
        self._reported_since = reported_since

    def run(self, edition: Edition, change: Change, score: pd.DataFrame) -> None:
        """Store the findings of this edition and bring the episodes up to it."""
        in_force = self._region.rules_on(edition.day)
        in_force = in_force[in_force["is_enabled"] & in_force["indicator"].isin(list(catalogue()))]
        layoffs = self._layoffs(edition.day)
        readings = self._readings(in_force, change, edition.day)
        worse: dict[str, str] = {name: item.worse for name, item in catalogue().items()}
        current = self.open_warnings()
        told = {(warning.indicator, warning.area, warning.industry) for warning in current if warning.kind == "spike"}
        found = [
            self._with_cause(_folded(rules.spikes(in_force, score, worse), in_force, score, told)),
            rules.levels(in_force, readings, worse, self._region.city),
            rules.events(in_force, layoffs, edition.day),
            rules.several(in_force, layoffs, edition.day, self._region.city),
        ]
        findings = pd.concat([frame for frame in found if len(frame)] or found[:1], ignore_index=True)
        self._store_findings(edition, findings)
        judged = self._judged(current, readings, edition.day)
        leave_after = {str(row.rule_id): int(row.leave_after) for row in in_force.itertuples()}
        self._store_episodes(edition, current, advance(current, findings, judged, leave_after, edition.day))

    def open_warnings(self) -> list[EarlyWarning]:
        """The warnings open at the last edition."""
        frame = self._con.execute(
            "select * from episode where known_to is null and status = 'open' order by episode_id"
        ).df()
        return [from_row(row) for row in frame.to_dict("records")]

    def _layoffs(self, day: date) -> pd.DataFrame:
        since = day - timedelta(days=LAYOFF_DAYS)
        return self._con.execute(step("layoff"), {"since": since, "until": day}).df()

    def _readings(self, in_force: pd.DataFrame, change: Change, day: date) -> pd.DataFrame:
        """Newest complete readings of the indicators with level rules, where new or revised, with what is usual."""
        parts: list[pd.DataFrame] = []
        level_rules = in_force[in_force["kind"] == "level"].drop_duplicates("indicator")
        for rule in level_rules.itertuples():
            fresh = change.fresh[(change.fresh["indicator"] == rule.indicator) & (change.fresh["grain"] == rule.grain)]
            recent = fresh["period"] >= pd.Timestamp(day - timedelta(days=READING_DAYS))
            fresh = fresh[recent & ~fresh["is_provisional"].astype(bool) & fresh["value"].notna()]
            if fresh.empty:
                continue
            history = self._con.execute(step("level_history"), {"indicator": rule.indicator, "grain": rule.grain}).df()
            known = history.merge(fresh[["area", "industry", "period"]], on=["area", "industry", "period"])
            newest = known.groupby(["area", "industry"])["period"].transform("max")
            parts.append(known[known["period"] == newest].assign(indicator=rule.indicator))
        return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()

    def _with_cause(self, spikes: pd.DataFrame) -> pd.DataFrame:
        """Name the employer that brought most of the excess, where there is one."""
        if spikes.empty:
            return spikes
        spikes = spikes.astype({"employer": "object", "employer_name": "object"})
        for (indicator, since, until), group in spikes.groupby(["indicator", "window_from", "data_to"]):
            if not (SQL / "steps" / f"cause_{indicator}.sql").exists():
                continue
            brought = self._con.execute(
                step(f"cause_{indicator}"),
                {"since": since.date(), "until": until.date(), "city": self._region.city, "least": CAUSE_PEOPLE},
            ).df()
            brought = brought.sort_values(["brought", "employer"], ascending=[False, True])
            brought = brought.drop_duplicates(["area", "industry"])
            match = group.reset_index()[["index", "area", "industry", "people"]].merge(brought, on=["area", "industry"])
            match = match[match["brought"] >= CAUSE_SHARE * match["people"]]
            spikes.loc[match["index"].to_numpy(), "employer"] = match["employer"].to_numpy(dtype=object)
        codes = spikes["employer"].dropna().unique().tolist()
        if codes:
            named = "select employer, employer_name from employer where known_to is null"
            names = dict(self._con.execute(f"{named} and list_contains($codes, employer)", {"codes": codes}).fetchall())
            spikes["employer_name"] = spikes["employer"].map(names)
        return spikes

    def _judged(self, current: list[EarlyWarning], readings: pd.DataFrame, day: date) -> dict[Key, tuple[date, int]]:
        judged: dict[Key, tuple[date, int]] = {}
        for warning in current:
            if warning.kind == "spike":
                answer = self._reported_since(warning.indicator, warning.area, warning.industry, warning.judged_to)
            elif warning.kind == "level":
                answer = self._level_judged(warning, readings)
            else:
                answer = (day, (day - warning.judged_to).days)
            if answer is not None:
                judged[warning.key] = answer
        return judged

    @staticmethod
    def _level_judged(warning: EarlyWarning, readings: pd.DataFrame) -> tuple[date, int] | None:
        if readings.empty:
            return None
        own = readings[
            (readings["indicator"] == warning.indicator)
            & (readings["area"] == warning.area)
            & (readings["industry"] == warning.industry)
            & (readings["period"] > pd.Timestamp(warning.judged_to))
        ]
        return None if own.empty else (own["period"].max().date(), len(own))

    def _store_findings(self, edition: Edition, findings: pd.DataFrame) -> None:
        frame = findings.assign(edition_id=edition.edition_id, day=pd.Timestamp(edition.day), evidence=None)
        self._insert("finding", ["edition_id", "day", *rules.FINDING, "evidence"], frame)

    def _store_episodes(self, edition: Edition, before: list[EarlyWarning], after: list[EarlyWarning]) -> None:
        known = {warning.episode_id: warning for warning in before}
        changed = [warning for warning in after if known.get(warning.episode_id) != warning]
        if not changed:
            return
        cutoff_at = edition.cutoff_at.replace(tzinfo=None)
        frame = pd.DataFrame([vars(warning) for warning in changed])
        self._con.register("incoming", frame)
        self._con.execute(
            "update episode set known_to = $cutoff_at where known_to is null "
            "and episode_id in (select episode_id from incoming)",
            {"cutoff_at": cutoff_at},
        )
        self._con.unregister("incoming")
        self._insert("episode", [*_EPISODE, "known_from"], frame.assign(known_from=pd.Timestamp(cutoff_at)))

    def _insert(self, table: str, columns: list[str], frame: pd.DataFrame) -> None:
        if frame.empty:
            return
        names = ", ".join(columns)
        self._con.register("incoming", frame)
        self._con.execute(f"insert into {table} ({names}) select {names} from incoming")  # nosec B608 # names of our own tables and columns
        self._con.unregister("incoming")


def _folded(spikes: pd.DataFrame, in_force: pd.DataFrame, score: pd.DataFrame, told: set[Series]) -> pd.DataFrame:
    """Spikes with explained_by: only rises of counts are explained by one another, all others stand themselves."""
    rises = [name for name, item in catalogue().items() if item.nature == "count" and item.worse == "higher"]
    is_rise = spikes["indicator"].isin(rises)
    parts = [fold(spikes[is_rise], in_force, score, told), spikes[~is_rise]]
    return pd.concat([part for part in parts if len(part)] or parts[:1], ignore_index=True)
