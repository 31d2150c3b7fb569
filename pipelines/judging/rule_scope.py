"""What the scope of a rule reaches: industries, cohorts with readings of their own, sizes of what employers tell."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import pandas as pd

from pipelines.core.catalogue.rule_terms import BEYOND_EXPECTED, OF_SERIES
from pipelines.core.domain import EVERY_COHORT
from pipelines.core.region.rules import OF_EMPLOYERS
from pipelines.judging.lifecycle import EarlyWarning


@dataclass(frozen=True)
class Part:
    """The rules of one cohort, the open warnings they made, and what is known of that cohort."""

    rules: pd.DataFrame
    current: list[EarlyWarning]
    readings: pd.DataFrame
    past: pd.DataFrame
    score: pd.DataFrame


def by_cohort(
    in_force: pd.DataFrame,
    current: Iterable[EarlyWarning],
    readings: pd.DataFrame,
    past: pd.DataFrame,
    score: pd.DataFrame,
) -> Iterator[Part]:
    """Part what an edition judges by the cohorts of the rules; a warning whose rule is gone counts as everybody's.

    The scores that are judged are everybody's: a spike rule of a cohort meets none, though a cohort has scores to read.
    """
    of: Mapping[str, str] = dict(zip(in_force["rule_id"], in_force["cohort"], strict=True))
    every = list(current)
    for cohort in sorted({EVERY_COHORT, *of.values()}):
        yield Part(
            in_force[in_force["cohort"] == cohort],
            [one for one in every if of.get(one.rule_id, EVERY_COHORT) == cohort],
            readings[readings["cohort"] == cohort] if len(readings) else readings,
            past[past["cohort"] == cohort] if len(past) else past,
            score if cohort == EVERY_COHORT else score.iloc[:0],
        )


def of_size(met: pd.DataFrame, staff: pd.Series) -> pd.Series:
    """Row by row of employers beside a rule: whether their staff is within the rule's sizes; unknown staff is not."""
    if "staff_least" not in met or (met["staff_least"].isna().all() and met["staff_most"].isna().all()):
        return pd.Series(True, index=met.index)
    least, most = (met[name].astype("float64") for name in ("staff_least", "staff_most"))
    size = staff.astype("float64")
    return (least.isna() | (size >= least)) & (most.isna() | (size <= most))


def of_industry(met: pd.DataFrame) -> pd.Series:
    """Row by row of what is judged (column industry) beside a rule: whether the rule is about this industry."""
    if "industries" not in met or met["industries"].isna().all():
        return pd.Series(True, index=met.index)
    named = met["industries"].astype("object")
    reached = named.isna()
    for codes in named.dropna().unique():
        reached |= (named == codes) & met["industry"].isin(str(codes).split(";"))
    return reached


def parts_by_reach(
    rules: pd.DataFrame, employers: pd.DataFrame, staff: str
) -> Iterator[tuple[pd.DataFrame, pd.DataFrame]]:
    """The rows of rules of each range of sizes and of the same industries, and the employers (columns ``staff`` and
    industry) they are about."""
    scope = [name for name in ("staff_least", "staff_most", "industries") if name in rules]
    if not scope:
        yield rules, employers
        return
    for _, own in rules.groupby(scope, dropna=False):
        beside = employers.assign(**{name: own[name].iloc[0] for name in scope})
        yield own, employers[of_size(beside, beside[staff]) & of_industry(beside)]


def names_a_size(rules: pd.DataFrame) -> pd.Series:
    """Whether each row is about employers of some sizes only."""
    return rules["staff_least"].notna() | rules["staff_most"].notna()


def judged(rules: pd.DataFrame) -> pd.DataFrame:
    """The rules without those that nothing can be held against: no reading tells the size of employers."""
    return rules[rules["kind"].isin(OF_EMPLOYERS) | ~names_a_size(rules)]


def without_readings(rules: pd.DataFrame, told: pd.DataFrame) -> list[str]:
    """Rules whose scope nothing is known of.

    ``told``: indicator, cohort, grain and industry of what has ever been published, ``is_scored`` where an expectation
    was. Rules of facts (reports, deadlines, data) need no reading of their scope; a cohort or size that makes no sense
    for them is refused at load.
    """
    bare = []
    for rule_id, rows in rules.groupby("rule_id", sort=False):
        one = rows.iloc[0]
        if judged(rows).empty or (one["kind"] in OF_SERIES and not _is_told(one, told)):
            bare.append(str(rule_id))
    return bare


def _is_told(rule: pd.Series, told: pd.DataFrame) -> bool:
    """Whether there is a reading, or for kinds that need one an expectation, of what a rule about series is about."""
    own = told[(told["indicator"] == rule["indicator"]) & (told["cohort"] == rule["cohort"])]
    if isinstance(rule.get("industries"), str):
        own = own[own["industry"].isin(rule["industries"].split(";"))]
    if rule["kind"] in BEYOND_EXPECTED:
        return rule["cohort"] == EVERY_COHORT and bool(own["is_scored"].any())
    return bool((own["grain"] == rule["grain"]).any())
