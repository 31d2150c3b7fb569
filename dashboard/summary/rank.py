"""An area's place among the units, where the region lets its viewer know it."""

from dashboard.locale import month, text
from dashboard.summary import reference
from dashboard.web import data
from pipelines.published.scope import RefusedError


def ranks(area: str) -> dict[str, str]:
    """Indicator → a sentence on the area's place in its newest complete month; empty where it is not to be seen."""
    if area == reference.city() or not data.may_read_scores(area):
        return {}
    try:
        found = data.read("area_rank", area=area)
    except RefusedError:
        return {}
    return {
        row.indicator: text(
            "place {place} of {areas} units in {month} (1 is worst)",
            place=row.place,
            areas=row.areas,
            month=month(row.period),
        )
        for row in found.itertuples()
        if row.areas > 1
    }
