"""The scope of a rule: industries, cohorts, sizes of employers, and areas where an override holds for a time."""

from collections.abc import Iterator
from datetime import date

import numpy as np
import pandas as pd

from pipelines.core.catalogue.rule_terms import BEYOND_EXPECTED, LIMITS, OF_SERIES
from pipelines.core.domain import TAG
from pipelines.core.region.rules import OF_EMPLOYERS


def of_size(met: pd.DataFrame, staff: pd.Series) -> pd.Series:
    """Row by row of employers beside a rule: whether their staff is within the rule's sizes; unknown staff is not."""
    if "staff_least" not in met or (met["staff_least"].isna().all() and met["staff_most"].isna().all()):
        return pd.Series(True, index=met.index)
    least, most = (met[name].astype("float64") for name in ("staff_least", "staff_most"))
    size = staff.astype("float64")
    return (least.isna() | (size >= least)) & (most.isna() | (size <= most))


def of_industry(met: pd.DataFrame) -> pd.Series:
    """Row by row of what is judged (column industry) beside a rule: whether the rule is about this industry.

    A rule that names no industry is about all sections; tags, which are parts of them, are judged where they are named.
    """
    is_section = ~is_tag(met)
    if "industries" not in met or met["industries"].isna().all():
        return is_section
    named = met["industries"].astype("object")
    reached = named.isna() & is_section
    for codes in named.dropna().unique():
        reached |= (named == codes) & met["industry"].isin(str(codes).split(";"))
    return reached


def is_tag(frame: pd.DataFrame) -> pd.Series:
    """Row by row whether the column industry names an industry tag."""
    return frame["industry"].astype("str").str.startswith(TAG)


def by_rule_scope(
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


def drop_unmet(rules: pd.DataFrame) -> pd.DataFrame:
    """The rules without those that nothing can be held against: no reading tells the size of employers."""
    return rules[rules["kind"].isin(OF_EMPLOYERS) | ~names_a_size(rules)]


def without_readings(rules: pd.DataFrame, published: pd.DataFrame) -> list[str]:
    """Rules whose scope nothing is known of.

    ``published``: indicator, cohort, grain and industry of what was ever published, ``is_scored`` where an expectation
    was. Rules of facts (reports, deadlines, data) need no reading of their scope; a cohort or size that makes no sense
    for them is refused at load.
    """
    bare = []
    for rule_id, rows in rules.groupby("rule_id", sort=False):
        one = rows.iloc[0]
        if drop_unmet(rows).empty or (one["kind"] in OF_SERIES and not _has_readings(one, published)):
            bare.append(str(rule_id))
    return bare


def _has_readings(rule: pd.Series, published: pd.DataFrame) -> bool:
    """Whether there is a reading, or for kinds that need one an expectation, of what a rule about series is about."""
    own = published[(published["indicator"] == rule["indicator"]) & (published["cohort"] == rule["cohort"])]
    if isinstance(rule.get("industries"), str):
        own = own[own["industry"].isin(rule["industries"].split(";"))]
    if rule["kind"] in BEYOND_EXPECTED:
        return bool(own["is_scored"].any())
    return bool((own["grain"] == rule["grain"]).any())


def apply_overrides(rules: pd.DataFrame, overrides: pd.DataFrame, day: date) -> pd.DataFrame:
    """The rules of a day with ``only_area`` (NaN: everywhere) and ``except_areas`` (codes, ; between).

    An override repeats every row of its rule and level for its area with the limits it says anew, from its first to
    its last day; the rule's own rows then hold in all other areas.
    """
    stamp = pd.Timestamp(day)
    now = overrides[(overrides["effective_from"] <= stamp) & (overrides["effective_to"] >= stamp)]
    rules = rules.assign(only_area=None, except_areas="")
    if now.empty:
        return rules
    key = ["rule_id", "level"]
    named = now.groupby(key)["area"].agg(";".join).rename("named").reset_index()
    own = rules.merge(named, on=key, how="left").set_index(rules.index)
    own["except_areas"] = own.pop("named").fillna("")
    changed = rules.merge(now[[*key, "area", *LIMITS]], on=key, suffixes=("", "_here"))
    for limit in LIMITS:
        here = changed.pop(f"{limit}_here").astype("float64")
        changed[limit] = here.where(here.notna(), changed[limit].astype("float64"))
    changed["only_area"] = changed.pop("area")
    return pd.concat([own, changed], ignore_index=True)


def holds_in_area(met: pd.DataFrame) -> pd.Series:
    """Row by row of what is judged (column area) beside a rule: whether this row of the rule holds in the area."""
    if "only_area" not in met or (met["only_area"].isna().all() and not met["except_areas"].any()):
        return pd.Series(True, index=met.index)
    area = met["area"].astype("object")
    excepted = [here in str(names).split(";") for here, names in zip(area, met["except_areas"], strict=True)]
    return (met["only_area"].isna() | (met["only_area"] == area)) & ~np.array(excepted, dtype=bool)
