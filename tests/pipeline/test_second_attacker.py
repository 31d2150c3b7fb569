"""What an attacker who reads all told months together finds: nothing in what is published, everything in what was."""

from datetime import date, timedelta

import numpy as np
import pandas as pd

from tests.house import House
from tests.pipeline.second_attacker import attack, bounds

CITY = "371500"
AREAS = ("371502", "371503", "371521")
MONTHS = [date(2027, month, 1) for month in range(3, 11)]  # March and, after October, November begin with a Monday
BORDER = date(2027, 5, 31)  # a week of which one day is May's


def months_and_weeks(hidden: tuple[str, ...], last: date) -> pd.DataFrame:
    """Weeks and months from March on, by area and of the city: 40 people a week, 8 in the hidden one on the border."""
    rows = []
    for area in AREAS:
        people = dict.fromkeys(MONTHS, 0)
        for number in range(35):
            week = MONTHS[0] + timedelta(days=7 * number)
            is_hidden = week == BORDER and area in hidden
            each = [1, 1, 1, 1, 1, 1, 2] if is_hidden else [6, 6, 6, 6, 6, 6, 4]
            rows.append((area, "week", week, sum(each), is_hidden))
            for day in range(7):
                people[(week + timedelta(days=day)).replace(day=1)] += each[day]
        rows += [(area, "month", month, total, False) for month, total in people.items() if month <= last]
    frame = pd.DataFrame(rows, columns=["area", "grain", "period", "numerator", "is_suppressed"])
    city = frame.groupby(["grain", "period"], as_index=False).agg({"numerator": "sum"})
    frame = pd.concat([frame, city.assign(area=CITY, is_suppressed=False)], ignore_index=True)
    return frame.assign(
        indicator="benefit_claim", industry="ALL", denominator=np.nan, is_ratio=False,
        period=pd.to_datetime(frame["period"]),
        numerator=frame["numerator"].astype(float).mask(frame["is_suppressed"]),
    )  # fmt: skip


def test_a_hidden_week_on_a_border_follows_from_all_months_together_and_from_no_two_of_them() -> None:
    hidden = AREAS[:2]
    found = bounds(months_and_weeks(hidden, MONTHS[-1]), CITY)
    assert found[["least", "most"]].to_numpy().tolist() == [[8.0, 8.0]] * 2
    found = bounds(months_and_weeks(hidden, MONTHS[3]), CITY)
    assert (found["most"] - found["least"] >= 6).all()


def test_published_months_and_weeks_together_give_no_hidden_figure_away(replayed: House) -> None:
    """Takes some ten seconds: only this looks at everything that is published at once, as an outsider would."""
    found = attack(next((replayed.data / "published").glob("*/general.duckdb")))
    assert len(found) > 1000
    narrow = found[found["most"] - found["least"] < 9 - 1e-3]
    assert narrow.empty, narrow.to_string()
