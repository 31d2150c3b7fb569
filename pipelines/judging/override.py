"""What holds in one area for a time: a row of rule_overrides.csv stands in place of the rule's own lines there."""

from datetime import date

import numpy as np
import pandas as pd

from pipelines.core.catalogue.rule_terms import LIMITS


def with_overrides(rules: pd.DataFrame, overrides: pd.DataFrame, day: date) -> pd.DataFrame:
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


def holds_here(met: pd.DataFrame) -> pd.Series:
    """Row by row of what is judged (column area) beside a rule: whether this row of the rule holds in the area."""
    if "only_area" not in met or (met["only_area"].isna().all() and not met["except_areas"].any()):
        return pd.Series(True, index=met.index)
    area = met["area"].astype("object")
    excepted = [here in str(names).split(";") for here, names in zip(area, met["except_areas"], strict=True)]
    return (met["only_area"].isna() | (met["only_area"] == area)) & ~np.array(excepted, dtype=bool)
