"""What Today shows of one published edition, as plain frames: the same for each peer that builds the page."""

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pandas as pd

from pipelines.core.domain import TOTAL_INDUSTRY, Role, Viewer
from pipelines.published.read import edition_in_force, read

LEADER = Viewer(Role.CITY_LEADER, name="bench")
SHOWN = {
    "day": ("benefit_claim", "insured_leave"),
    "month": ("vacancy_seeker_ratio", "job_loss_rate", "insured_headcount"),
}
COURSE_DAYS = 1825


@dataclass(frozen=True)
class Today:
    """``cards``: title and number; ``warnings``, ``matrix`` (area × industry) and ``course`` (period, value, lo, hi)."""

    cards: list[tuple[str, float]]
    warnings: pd.DataFrame
    matrix: pd.DataFrame
    course: pd.DataFrame


def areas(published: Path) -> list[str]:
    """Codes of the city and its units."""
    found = read("place", LEADER, published=published)
    return list(found.loc[found["level"].isin(["city", "unit"]), "code"])


def today(published: Path, area: str) -> Today:
    """The page of one area."""
    day = edition_in_force(published).day
    cards: list[tuple[str, float]] = []
    for grain, names in SHOWN.items():
        rows = read("series", LEADER, published=published, area=area, industry=TOTAL_INDUSTRY, grain=grain,
                    since=day - timedelta(days=400))  # fmt: skip
        for name in names:
            own = rows.loc[rows["indicator"] == name, "value"].dropna()
            if len(own):
                cards.append((name, float(own.tail(7).sum() if grain == "day" else own.iloc[-1])))
    cells = read("matrix_window", LEADER, published=published, indicator="benefit_claim", window_periods=28)
    series = read("series", LEADER, published=published, area=area, industry=TOTAL_INDUSTRY, grain="day",
                  since=day - timedelta(days=COURSE_DAYS))  # fmt: skip
    own = series[series["indicator"] == "insured_leave"]
    weekly = own["value"].rolling(7).sum()
    course = pd.DataFrame({"period": own["period"], "value": weekly, "lo": weekly * 0.8, "hi": weekly * 1.2})
    warnings = read("open_warning", LEADER, published=published)
    columns = ["level", "area", "industry", "rule_title", "observed", "expected", "people", "opened_on", "data_to"]
    return Today(
        cards, warnings[columns], cells.pivot_table(index="area", columns="industry", values="observed"), course
    )
