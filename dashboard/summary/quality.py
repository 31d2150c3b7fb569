"""What the bureau is told of the forecasts themselves: figures of quality that have drifted."""

from typing import Any

import pandas as pd

from dashboard.locale import text
from dashboard.summary import reference
from dashboard.web import data
from pipelines.core.domain import Audience, UserError

_NARROW = (
    "{title}: in the last 13 weeks only {value} of what came was within the {expected} interval, which should be about "
    "{expected}; {before}. The interval is too narrow."
)
_WIDE = (
    "{title}: in the last 13 weeks {value} of what came was within the {expected} interval, which should be about "
    "{expected}; {before}. The interval is too wide."
)
_MANY = (
    "{title}: in the last 13 weeks {value} of the judgements had a probability below 5%, which should be about "
    "{expected}; {before}. There may be too many warnings."
)
_FEW = (
    "{title}: in the last 13 weeks {value} of the judgements had a probability below 5%, which should be about "
    "{expected}; {before}. There may be too few warnings."
)
# By whether it is a share of improbable judgements, and whether the share is too high.
_SENTENCES = {(False, False): _NARROW, (False, True): _WIDE, (True, True): _MANY, (True, False): _FEW}


def sentences() -> list[str]:
    """One for each figure that had drifted when it was last looked at; none for whoever may not read exact figures."""
    if data.viewer().audience is not Audience.BUREAU:
        return []
    try:
        rows = data.read("model_quality")
    except UserError:  # files published before there was such a table
        return []
    return [_sentence(row) for row in rows[rows["is_drift"]].itertuples(index=False)]


def _sentence(row: Any) -> str:
    known = reference.indicators().get(row.indicator)
    before = (
        text("no year before to compare with")
        if pd.isna(row.before)
        else text("{share} in the year before", share=f"{row.before:.0%}")
    )
    return text(
        _SENTENCES[row.figure.startswith("p_"), row.value > row.expected],
        title=row.indicator if known is None else known.title,
        value=f"{row.value:.0%}",
        expected=f"{row.expected:.0%}",
        before=before,
    )
