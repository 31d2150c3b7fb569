"""The bars under a warning: weeks where they are told, else the months of the area."""

import pandas as pd
import pytest

from pipelines.notifying.chart import bars


def trend(grain: str, figures: list[float | None]) -> pd.DataFrame:
    first = "2026-08-03" if grain == "week" else "2026-02-01"
    return pd.DataFrame(
        {
            "indicator": "benefit_claim", "area": "371502", "grain": grain, "value": figures,
            "period": pd.date_range(first, periods=len(figures), freq="7D" if grain == "week" else "MS"),
            "is_suppressed": [figure is None for figure in figures],
        }
    )  # fmt: skip


@pytest.mark.parametrize(
    ("weeks", "months", "when", "words"),
    [
        ([30, 5, 250], [90.0, 80, 70], ["08-03 起", "08-10 起", "08-17 起"], ["20–49 人", "不足 10 人", "200–499 人"]),
        ([None, None, None], [90.0, None, 70], ["2026-02", "2026-03", "2026-04"], ["50–99 人", "不公开", "50–99 人"]),
        ([], [90.0], [], []),
    ],
)
def test_months_stand_in_for_weeks_that_nobody_is_told(
    weeks: list[float | None], months: list[float | None], when: list[str], words: list[str]
) -> None:
    both = pd.concat([trend("week", weeks), trend("month", months)])
    shown = bars(both, "benefit_claim", "371502", "persons")
    assert [bar.when for bar in shown] == when
    assert [bar.words for bar in shown] == words
    assert all(bar.is_weekly is (weeks == [30, 5, 250]) for bar in shown)


def test_no_more_than_the_last_eight_periods() -> None:
    shown = bars(trend("month", [20.0] * 11).assign(is_suppressed=False), "benefit_claim", "371502", "persons")
    assert [shown[0].when, shown[-1].when, len(shown)] == ["2026-05", "2026-12", 8]
