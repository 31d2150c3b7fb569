"""The judge stage: one edition's findings, and what they make of the episodes that are open."""

from dataclasses import replace
from datetime import date, timedelta
from functools import partial

import duckdb
import pandas as pd

from pipelines.core.domain import Edition
from pipelines.core.region.load import Region
from pipelines.core.region.rule_version import hashes_on
from pipelines.core.sql import step
from pipelines.judging.contributor import CONTRIBUTOR, load_contributors
from pipelines.judging.corroboration import compare_sources
from pipelines.judging.findings import FINDING, SERIES
from pipelines.judging.hysteresis import look_back_days
from pipelines.judging.kinds import WARNING_KINDS
from pipelines.judging.leads import LEAD
from pipelines.judging.lifecycle import EarlyWarning, Key, from_row
from pipelines.judging.rule_evaluation import advance_warnings, evaluate_leads, evaluate_rules
from pipelines.judging.rule_inputs import in_force_on, load_inputs
from pipelines.judging.rule_kind import EditionContext, Rescore, RuleInputs
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
_INSERT = {
    "finding": "insert into finding by name select * from incoming",
    "episode": "insert into episode by name select * from incoming",
    "contributor": "insert into contributor by name select * from incoming",
    "corroboration": "insert into corroboration by name select * from incoming",
    "layoff_lead": "insert into layoff_lead by name select * from incoming",
}
_EPISODE = list(EarlyWarning.__dataclass_fields__)


class Judge:
    """Applies the region's rules to one edition after another; ``con`` sees the facts in force."""

    def __init__(self, con: duckdb.DuckDBPyConnection, region: Region, rescore: Rescore) -> None:
        self._con = con
        self._region = region
        self._rescore = rescore

    def run(self, edition: Edition, change: Change, score: pd.DataFrame) -> None:
        """Store the findings of this edition and bring the episodes up to it."""
        day = edition.day
        context = EditionContext(self._con, self._region, day, edition.cutoff_at.replace(tzinfo=None))
        current = self.open_warnings()
        loaded = load_inputs(context, partial(in_force_on, self._region), score, change.fresh, current)
        inputs = replace(loaded, rescore=self._rescore, names_causes=True)
        findings = evaluate_rules(inputs, self._earlier(inputs.rules, day), self._closed(inputs.rules, day))
        versions = hashes_on(self._region, day)
        findings["rule_hash"] = findings["rule_id"].map(versions)
        self._store_findings(edition, findings)
        after = advance_warnings(inputs, findings, current)
        self._store_episodes(edition, current, after)
        self._store_contributors(edition, current, after, inputs.rules)
        self._store_agreement(edition, [one for one in after if one.status == "open"], inputs)
        leads = evaluate_leads(inputs)
        frame = leads.assign(
            rule_hash=leads["rule_id"].map(versions), edition_id=edition.edition_id, day=pd.Timestamp(day)
        )
        self._insert("layoff_lead", ["edition_id", "day", *LEAD, "rule_hash"], frame)

    def _store_agreement(self, edition: Edition, still_open: list[EarlyWarning], inputs: RuleInputs) -> None:
        """What other sources say of each open warning."""
        if not still_open:
            return
        named = pd.DataFrame(
            [(one.episode_id, one.indicator, one.area, one.industry, one.window_from) for one in still_open],
            columns=["episode_id", *SERIES, "window_from"],
        )
        compared = compare_sources(named, inputs)
        frame = named.merge(compared, on=SERIES).assign(edition_id=edition.edition_id, day=pd.Timestamp(edition.day))
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
        self._insert("finding", ["edition_id", "day", *FINDING, "evidence"], frame)

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
            and WARNING_KINDS[one.kind].has_contributors
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
        frame = load_contributors(self._con, told, in_force, self._region.city)
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
        self._con.register("incoming", frame[columns])
        self._con.execute(_INSERT[table])
        self._con.unregister("incoming")
