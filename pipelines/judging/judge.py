"""The judge stage: one edition's findings, and what they make of the episodes that are open."""

from datetime import date, datetime, timedelta
from functools import partial

import duckdb
import pandas as pd

from pipelines.core.catalogue.indicators import catalogue
from pipelines.core.domain import Edition
from pipelines.core.region.load import Region
from pipelines.core.region.rule_version import hashes_on
from pipelines.core.sql import step
from pipelines.judging import findings as rules
from pipelines.judging import lead_store
from pipelines.judging.cause import with_cause
from pipelines.judging.contributor import CONTRIBUTOR, contributors
from pipelines.judging.corroboration import compared, raised
from pipelines.judging.evaluated_until import judged_to
from pipelines.judging.hysteresis import held, look_back_days, waiting
from pipelines.judging.lifecycle import EarlyWarning, Key, advance, finding_key, from_row
from pipelines.judging.reevaluation import Again, readings_corrected, reports_gone, scores_corrected, spans_corrected
from pipelines.judging.rule_inputs import Grounds, found, grounds, in_force_on
from pipelines.judging.rule_scope import by_cohort
from pipelines.warehouse.transform import Change

_AGREEMENT = [
    "edition_id",
    "day",
    "episode_id",
    "area",
    "industry",
    "source",
    "by_indicator",
    "by_industry",
    "says",
    "strength",
    "data_to",
    "agreement",
]
_EPISODE = list(EarlyWarning.__dataclass_fields__)


class Judge:
    """Applies the region's rules to one edition after another; ``con`` sees the drops in force as ``in_force``."""

    def __init__(self, con: duckdb.DuckDBPyConnection, region: Region, again: Again) -> None:
        self._con = con
        self._region = region
        self._again = again

    def run(self, edition: Edition, change: Change, score: pd.DataFrame) -> None:
        """Store the findings of this edition and bring the episodes up to it."""
        day, cutoff_at = edition.day, edition.cutoff_at.replace(tzinfo=None)
        in_force = in_force_on(self._region, day)
        known = grounds(self._con, self._region, in_force, score, change.fresh, day, cutoff_at)
        current = self.open_warnings()
        told = {(warning.indicator, warning.area, warning.industry) for warning in current if warning.kind == "spike"}
        spikes, *others = found(in_force, known, self._region, day, told)
        parts = [with_cause(self._con, spikes, self._region.city), *others]
        findings = pd.concat([frame for frame in parts if len(frame)] or parts[:1], ignore_index=True)
        findings["level_alone"] = findings["level"]
        versions = hashes_on(self._region, day)
        findings["rule_hash"] = findings["rule_id"].map(versions)
        findings["level"] = self._raised(findings, in_force, known, day, cutoff_at)
        findings["waits_for"] = waiting(
            findings, in_force, self._earlier(in_force, day), self._closed(in_force, day), self._region, day
        )
        self._store_findings(edition, findings)
        leave_after = {str(row.rule_id): int(row.leave_after) for row in in_force.itertuples()}
        worse = {name: item.worse for name, item in catalogue().items()}
        judged: dict[Key, tuple[date, int]] = {}
        stay: set[Key] = set()
        alive = [one for one in current if one.rule_id in leave_after]
        for part in by_cohort(in_force, alive, known.readings, known.past, score):
            judged |= judged_to(
                self._con, part.current, part.score, part.readings, known.spans, self._region, day, cutoff_at
            )
            stay |= held(part.current, part.rules, part.score, part.readings, known.spans, worse, self._region.city)
        unfounded = self._unfounded(alive, findings, change, known, day, cutoff_at)
        after = advance(current, findings, judged, leave_after, day, stay, unfounded)
        self._store_episodes(edition, current, after)
        self._store_contributors(edition, current, after, in_force)
        self._store_agreement(edition, [one for one in after if one.status == "open"], known)
        leads = lead_store.found(self._con, self._region, in_force, known.layoffs, day)
        lead_store.store(self._con, edition, leads.assign(rule_hash=leads["rule_id"].map(versions)))

    def _unfounded(
        self,
        current: list[EarlyWarning],
        findings: pd.DataFrame,
        change: Change,
        known: Grounds,
        day: date,
        cutoff_at: datetime,
    ) -> set[Key]:
        """Warnings without a finding whose own evidence, told anew, does not meet the rule that opened them."""
        met = {finding_key(row) for row in findings.to_dict("records")}
        rest = [one for one in current if one.key not in met]
        in_force, city = partial(in_force_on, self._region), self._region.city
        return (
            reports_gone(rest, known.layoffs, in_force, city, day)
            | readings_corrected(self._con, rest, change.fresh, in_force, self._region, cutoff_at)
            | spans_corrected(self._con, rest, change.fresh, in_force, self._region, day, cutoff_at)
            | scores_corrected(self._con, rest, change.fresh, in_force, self._again, city, cutoff_at)
        )

    def _raised(
        self, findings: pd.DataFrame, in_force: pd.DataFrame, known: Grounds, day: date, cutoff_at: datetime
    ) -> pd.Series:
        raising = set(in_force.loc[in_force["raise_by"].notna(), "rule_id"])
        wanted = findings[findings["rule_id"].isin(raising)]
        if wanted.empty:
            return findings["level"]
        told = compared(self._con, wanted, known.score, known.layoffs, day, cutoff_at, self._region.city)
        return raised(findings, in_force, told)

    def _store_agreement(self, edition: Edition, still_open: list[EarlyWarning], known: Grounds) -> None:
        """What other sources say of each open warning."""
        if not still_open:
            return
        named = pd.DataFrame(
            [(one.episode_id, one.indicator, one.area, one.industry, one.window_from) for one in still_open],
            columns=["episode_id", *rules.SERIES, "window_from"],
        )
        cutoff_at = edition.cutoff_at.replace(tzinfo=None)
        city = self._region.city
        told = compared(self._con, named, known.score, known.layoffs, edition.day, cutoff_at, city)
        frame = named.merge(told, on=rules.SERIES).assign(edition_id=edition.edition_id, day=pd.Timestamp(edition.day))
        self._con.register("said", frame)
        self._insert("corroboration", _AGREEMENT, self._con.execute(step("agreement")).df())
        self._con.unregister("said")

    def _earlier(self, in_force: pd.DataFrame, day: date) -> pd.DataFrame:
        """Findings of the editions before that count for a rule's k of n."""
        days = look_back_days(in_force)
        rules_of = in_force.loc[in_force["enter_n"].notna(), "rule_id"].unique().tolist()
        return self._con.execute(
            "select distinct rule_id, kind, indicator, area, industry, employer, data_to from finding "
            "where list_contains($rules, rule_id) and day >= $since",
            {"rules": rules_of, "since": day - timedelta(days=days)},
        ).df()

    def _closed(self, in_force: pd.DataFrame, day: date) -> dict[Key, tuple[int, date]]:
        """Level and day of the last warning closed of each key, for rules with a cool-down."""
        cooling = in_force[in_force["cool_down_days"].notna()]
        if cooling.empty:
            return {}
        frame = self._con.execute(
            "select * from episode where known_to is null and status = 'closed' and closed_on >= $since "
            "and list_contains($rules, rule_id) order by closed_on, episode_id",
            {
                "rules": cooling["rule_id"].unique().tolist(),
                "since": day - timedelta(days=int(cooling["cool_down_days"].max())),
            },
        ).df()
        closed = [from_row(row) for row in frame.to_dict("records")]
        return {one.key: (one.level, one.closed_on) for one in closed if one.closed_on is not None}

    def open_warnings(self) -> list[EarlyWarning]:
        """The warnings open at the last edition."""
        frame = self._con.execute(
            "select * from episode where known_to is null and status = 'open' order by episode_id"
        ).df()
        return [from_row(row) for row in frame.to_dict("records")]

    def _store_findings(self, edition: Edition, findings: pd.DataFrame) -> None:
        frame = findings.assign(edition_id=edition.edition_id, day=pd.Timestamp(edition.day), evidence=None)
        self._insert("finding", ["edition_id", "day", *rules.FINDING, "evidence"], frame)

    def _store_contributors(
        self, edition: Edition, before: list[EarlyWarning], after: list[EarlyWarning], in_force: pd.DataFrame
    ) -> None:
        """Who makes up the rise of each open warning; what was said of one stands while its evidence is not new."""
        said = "select distinct episode_id from contributor where known_to is null"
        named = {row[0] for row in self._con.execute(said).fetchall()}
        seen = {one.episode_id: (one.window_from, one.data_to, one.observed) for one in before}
        told = [
            one
            for one in after
            if one.status == "open"
            and (
                one.episode_id not in named or seen.get(one.episode_id) != (one.window_from, one.data_to, one.observed)
            )
        ]
        if not told:
            return
        cutoff_at = edition.cutoff_at.replace(tzinfo=None)
        self._con.execute(
            "update contributor set known_to = $cutoff_at where known_to is null and list_contains($told, episode_id)",
            {"cutoff_at": cutoff_at, "told": [one.episode_id for one in told]},
        )
        frame = contributors(self._con, told, in_force, self._region.city)
        self._insert("contributor", [*CONTRIBUTOR, "known_from"], frame.assign(known_from=pd.Timestamp(cutoff_at)))

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
