"""What the bureau is told of the forecasts themselves: figures of quality that have drifted."""

from dashboard import data
from pipelines.domain import Audience, UserError


def sentences() -> list[str]:
    """One for each figure that had drifted when it was last looked at; none for whoever may not read exact figures."""
    if data.viewer().audience is not Audience.BUREAU:
        return []
    try:
        rows = data.read("model_quality")
    except UserError:  # files published before there was such a table
        return []
    return [str(sentence) for sentence in rows.loc[rows["is_drift"], "sentence"]]
