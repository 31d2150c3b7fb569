"""What an incomplete figure will probably be once all have reported, in words; silent where too little is known."""

import pandas as pd

from dashboard.locale import text, value
from dashboard.summary.reference import Indicator
from dashboard.web import data
from pipelines.core.domain import TOTAL_INDUSTRY


def likely_words(indicator: Indicator, area: str, industry: str, grain: str, rows: pd.DataFrame) -> str:
    """The likely final sum of some readings of a series; ``rows``: period, value, is_provisional.

    Empty when nothing is provisional, when a provisional reading has no nowcast, or for whoever may not read exact
    figures of the area; of a single industry nothing is known ahead.
    """
    is_open = rows["is_provisional"].fillna(False).astype(bool)
    if not is_open.any() or industry != TOTAL_INDUSTRY or not data.may_read_scores(area):
        return ""
    known = data.read_indicator("nowcast", indicator.indicator, area=area)
    known = known[known["grain"] == grain]
    known = known.assign(period=pd.to_datetime(known["period"])).set_index("period")
    periods = rows.loc[is_open, "period"]
    if not periods.isin(known.index).all():
        return ""
    base = float(rows.loc[~is_open, "value"].sum())
    ends = [base + float(known.loc[periods, name].sum()) for name in ("likely", "lo", "hi")]
    middle, lo, hi = (value(round(end), indicator.unit) for end in ends)
    return text("likely {middle} once complete ({lo} to {hi})", middle=middle, lo=lo, hi=hi)
