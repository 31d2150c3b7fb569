"""What a kind of rule is: what it is held against, how it is evaluated, how its open warnings are evaluated again."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import ClassVar

import duckdb
import pandas as pd

from pipelines.core.catalogue.indicators import catalogue
from pipelines.core.domain import EVERY_COHORT, Grain
from pipelines.core.region.load import Region
from pipelines.core.sql import step
from pipelines.judging.findings import SERIES
from pipelines.judging.lifecycle import EarlyWarning, Key, finding_key
from pipelines.judging.period import periods_before

LAYOFF_DAYS = 180  # reports older than this are behind every rule's window
READING_DAYS = 75  # a month that ended longer ago is history, no warning
RulesOn = Callable[[date], pd.DataFrame]
"""The rules that were evaluated on a day."""
Rescore = Callable[[str, date, str], pd.DataFrame]
"""Indicator, a past period, a cohort: scores as if it were the last one, by what is known of it now; empty: none."""


def _worse_sides() -> dict[str, str]:
    return {name: item.worse for name, item in catalogue().items()}


@dataclass(frozen=True)
class EditionContext:
    """The edition that is evaluated; ``con`` sees the facts in force at ``cutoff_at`` (naive UTC)."""

    con: duckdb.DuckDBPyConnection
    region: Region
    day: date
    cutoff_at: datetime


@dataclass(frozen=True)
class RuleInputs:
    """What one edition knows that its rules are held against.

    rules: those in force on its day; rules_on: those of another day. score: windows of this edition with their series'
    level and cohort. fresh: readings this edition opened. readings: newest complete readings of indicators with level
    or change rules where new or revised, with what is usual; past: all readings of the latter. layoffs: reports of half
    a year. facts: by kind of rule what else its rules are held against. open_warnings: those open before. rescore: None
    in a backtest, where no score of a past window is stored anew. worse: indicator to higher or lower. cohort: whom the
    rules are about, and all of this with them, of ``by_cohort``; score_of_all: everybody's then.
    """

    context: EditionContext
    rules: pd.DataFrame
    rules_on: RulesOn
    score: pd.DataFrame = field(default_factory=pd.DataFrame)
    fresh: pd.DataFrame = field(default_factory=pd.DataFrame)
    readings: pd.DataFrame = field(default_factory=pd.DataFrame)
    past: pd.DataFrame = field(default_factory=pd.DataFrame)
    layoffs: pd.DataFrame = field(default_factory=pd.DataFrame)
    facts: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    open_warnings: Sequence[EarlyWarning] = ()
    rescore: Rescore | None = None
    names_causes: bool = False
    worse: Mapping[str, str] = field(default_factory=_worse_sides)
    cohort: str = EVERY_COHORT
    score_of_all: pd.DataFrame = field(default_factory=pd.DataFrame)

    @property
    def city(self) -> str:
        """Code of the city itself."""
        return self.context.region.city

    def facts_of(self, kind: str) -> pd.DataFrame:
        """What else the rules of a kind are held against; an empty frame where none of it is known."""
        return self.facts.get(kind, pd.DataFrame())

    def terms_of(self, warning: EarlyWarning) -> pd.DataFrame:
        """The rows of a warning's rule as they were when it opened; none where rules.csv has them no more."""
        own = self.rules_on(warning.opened_on)
        return own[own["rule_id"] == warning.rule_id]

    def by_cohort(self) -> Iterator[tuple[str, "RuleInputs"]]:
        """The same by the cohorts of the rules, everybody's always among them."""
        of_all = self.score[self.score["cohort"] == EVERY_COHORT] if len(self.score) else self.score
        for cohort in sorted({EVERY_COHORT, *self.rules["cohort"]}):
            own = self.rules[self.rules["cohort"] == cohort]
            of_others = set(self.rules.loc[self.rules["cohort"] != cohort, "rule_id"])
            readings, past, score, fresh = (
                frame[frame["cohort"] == cohort] if len(frame) else frame
                for frame in (self.readings, self.past, self.score, self.fresh)
            )
            still_open = [one for one in self.open_warnings if one.rule_id not in of_others]
            yield (
                cohort,
                replace(
                    self, cohort=cohort, rules=own, readings=readings, past=past, score=score, fresh=fresh,
                    open_warnings=still_open, score_of_all=of_all,
                ),
            )  # fmt: skip


@dataclass(frozen=True)
class SeenSeries:
    """What a warning is about, in words; ``is_lower``: whether lower is worse."""

    area: str
    industry: str
    indicator: str
    title: str
    is_lower: bool

    @property
    def name(self) -> str:
        """Area, industry and indicator."""
        return f"{self.area}{self.industry}的{self.title}"


class RuleKind(ABC):
    """A kind of rule. Its terms stand in ``core.catalogue.rule_terms``: pages and the load of rules.csv need them."""

    name: ClassVar[str]
    uses_facts: ClassVar[bool] = False
    """Whether its rules are held against facts in force, not readings."""
    uses_layoffs: ClassVar[bool] = False
    """Whether its rules are held against layoff reports."""

    def load_facts(self, context: EditionContext, rules: pd.DataFrame) -> pd.DataFrame:
        """What its ``rules`` (one row or more) are held against beside scores, readings and layoff reports."""
        del context, rules
        return pd.DataFrame()


class WarningKind(RuleKind):
    """A kind of rule that opens warnings."""

    uses_readings: ClassVar[bool] = False
    """Whether it is held against the newest reading of a series."""
    uses_past: ClassVar[bool] = False
    """Whether it is held against all readings of a series."""
    is_grouped: ClassVar[bool] = False
    """Whether the rules of an indicator tell a rise once, at the level of the tree that explains it."""
    is_about_data: ClassVar[bool] = False
    """Whether its warnings are about data that lack, not about what data say."""
    is_certain: ClassVar[bool] = False
    """Whether no other source can bear its warnings out."""
    has_contributors: ClassVar[bool] = False
    """Whether the observed number, or its numerator, is the sum of what members brought in the window."""

    @abstractmethod
    def evaluate(self, inputs: RuleInputs) -> pd.DataFrame:
        """The findings of its rules: frame of FINDING columns."""

    @abstractmethod
    def describe(self, seen: SeenSeries) -> str:
        """The reason of a warning in Chinese, without numbers and full stop."""

    def evaluated_until(self, warnings: Sequence[EarlyWarning], inputs: RuleInputs) -> dict[Key, tuple[date, int]]:
        """Up to which period the series of open warnings were evaluated, and how many new periods that adds.

        A warning that is absent was not evaluated. Rules on reports and deadlines are evaluated every day.
        """
        day = inputs.context.day
        return {one.key: (day, (day - one.judged_to).days) for one in warnings}

    def still_exceeding(self, warnings: Sequence[EarlyWarning], inputs: RuleInputs) -> set[Key]:
        """Open warnings whose series is still beyond its rule's leave line: no quiet period for them."""
        del warnings, inputs
        return set()

    def reevaluate(self, warnings: Sequence[EarlyWarning], inputs: RuleInputs) -> set[Key]:
        """Warnings without a finding whose own evidence was revised and does not meet the rule that opened them."""
        del warnings, inputs
        return set()


class LeadKind(RuleKind):
    """A kind of law rule that names employers to an analyst, no warning (劳动合同法 41; docs/domain/laws.md)."""

    uses_facts = True
    uses_layoffs = True

    @abstractmethod
    def find_leads(self, inputs: RuleInputs) -> pd.DataFrame:
        """The leads of its rules: frame of LEAD columns, one row a rule and employer."""


class ReadingKind(WarningKind):
    """A kind of rule on the readings of an indicator, period by period."""

    uses_readings = True

    @abstractmethod
    def find(self, rules: pd.DataFrame, inputs: RuleInputs) -> pd.DataFrame:
        """The findings of ``rules`` in the readings of ``inputs``."""

    @abstractmethod
    def periods_in_mean(self, rule: pd.Series) -> int:
        """Of how many periods the value that is held against the line is the mean."""

    @abstractmethod
    def least_history(self, rule: pd.Series) -> int:
        """How many periods before must be known."""

    def evaluate(self, inputs: RuleInputs) -> pd.DataFrame:
        """As of ``WarningKind``."""
        return self.find(inputs.rules, inputs)

    def evaluated_until(self, warnings: Sequence[EarlyWarning], inputs: RuleInputs) -> dict[Key, tuple[date, int]]:
        """As of ``WarningKind``: up to the newest complete reading."""
        if inputs.readings.empty:
            return {}
        found: dict[Key, tuple[date, int]] = {}
        for warning in warnings:
            readings = inputs.readings
            own = readings[is_of_series(warning, readings) & (readings["period"] > pd.Timestamp(warning.judged_to))]
            if len(own):
                found[warning.key] = (own["period"].max().date(), len(own))
        return found

    def reevaluate(self, warnings: Sequence[EarlyWarning], inputs: RuleInputs) -> set[Key]:
        """Warnings that none of their periods meets, now that their evidence was revised.

        A period that lacks a report, or has lost its history, is not evaluated.
        """
        fresh, context = inputs.fresh, inputs.context
        if fresh.empty:
            return set()
        whole = fresh[~fresh["is_provisional"].astype(bool) & fresh["value"].notna()]
        keys: set[Key] = set()
        for warning, revised in find_revised(warnings, whole):
            terms = inputs.terms_of(warning)
            if terms.empty:
                continue
            rule = terms.iloc[0]
            mean = self.periods_in_mean(rule)
            since = periods_before(context.region, Grain(rule["grain"]), warning.data_to, mean - 1)
            is_own = revised["grain"] == rule["grain"]
            if not (is_own & (revised["period"] >= pd.Timestamp(since))).any():
                continue
            asked = {name: rule[name] for name in ("indicator", "grain", "cohort")} | {"cutoff_at": context.cutoff_at}
            past = context.con.execute(step("level_history"), asked).df().assign(indicator=warning.indicator)
            past = past[is_of_series(warning, past) & (past["period"] <= pd.Timestamp(warning.data_to))]
            past = past.sort_values("period")
            least = mean + self.least_history(rule)
            if past["value"].tail(least).count() < least:
                continue
            recent = past["period"] >= pd.Timestamp(warning.opened_on - timedelta(days=READING_DAYS))
            own = past[recent & ~past["is_provisional"].astype(bool)]
            if self.find(terms, replace(inputs, readings=own, past=past[[*SERIES, "period", "value"]])).empty:
                keys.add(warning.key)
        return keys


class ReportKind(WarningKind):
    """A kind of rule on layoff reports of employers."""

    uses_facts = True
    uses_layoffs = True

    @abstractmethod
    def find(self, rules: pd.DataFrame, layoffs: pd.DataFrame, day: date, city: str) -> pd.DataFrame:
        """The findings of ``rules`` in reports in force as of a day."""

    def evaluate(self, inputs: RuleInputs) -> pd.DataFrame:
        """As of ``WarningKind``."""
        return self.find(inputs.rules, inputs.layoffs, inputs.context.day, inputs.city)

    def reevaluate(self, warnings: Sequence[EarlyWarning], inputs: RuleInputs) -> set[Key]:
        """Warnings that would not open now on the day of their evidence: withdrawn, or corrected below the line."""
        keys: set[Key] = set()
        for warning in warnings:
            if warning.window_from < inputs.context.day - timedelta(days=LAYOFF_DAYS):
                continue
            terms = inputs.terms_of(warning)
            if terms.empty:
                continue
            met = self.find(terms, inputs.layoffs, max(warning.opened_on, warning.data_to), inputs.city)
            if warning.key not in {finding_key(row) for row in met.to_dict("records")}:
                keys.add(warning.key)
        return keys


def is_of_series(warning: EarlyWarning, frame: pd.DataFrame) -> pd.Series:
    """Row by row whether it is of a warning's series."""
    return (
        (frame["indicator"] == warning.indicator)
        & (frame["area"] == warning.area)
        & (frame["industry"] == warning.industry)
    )


def find_revised(warnings: Sequence[EarlyWarning], fresh: pd.DataFrame) -> Iterable[tuple[EarlyWarning, pd.DataFrame]]:
    """The warnings with new readings of their series for periods up to that of their evidence, and these readings."""
    rows = [(number, one.indicator, one.area, one.industry, one.data_to) for number, one in enumerate(warnings)]
    named = pd.DataFrame(rows, columns=["number", *SERIES, "data_to"])
    revised = named.merge(fresh[[*SERIES, "grain", "period"]], on=SERIES)
    revised = revised[revised["period"] <= pd.to_datetime(revised["data_to"])]
    return [(warnings[int(str(number))], own) for number, own in revised.groupby("number")]


def is_within_evidence(warning: EarlyWarning, revised: pd.DataFrame, cohort: str) -> bool:
    """Whether one of these readings is of the warning's own window, by the periods that are judged."""
    grain = str(catalogue()[warning.indicator].judged_grain(cohort))
    return bool(((revised["grain"] == grain) & (revised["period"] >= pd.Timestamp(warning.window_from))).any())
