"""Cards of incomplete periods: what is missing is no fall, and days that nobody told are no days without people."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pandas as pd
import pytest

from dashboard.locale import text
from dashboard.summary import completeness, headline, reference
from dashboard.summary.comparison import Comparison
from dashboard.summary.reference import Indicator
from dashboard.web import data
from pipelines.core.domain import Edition

CITY = "371500"
INCOMPLETE = Comparison(text("incomplete"), "unknown")


def indicator(worse: str, *, is_ratio: bool = False) -> Indicator:
    return Indicator("one", "One", "persons", worse, frozenset({"day", "week", "month"}), "", "", "feed", is_ratio)


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> pd.DataFrame:
    """Readings that tests fill; of them 27 October 2026 is the newest day, in the eyes of the bureau."""
    rows = pd.DataFrame(columns=["period", "value", "reporting", "due", "is_provisional", "is_suppressed"])
    monkeypatch.setattr(data, "edition", lambda: Edition(date(2026, 10, 28), 1, datetime.now(UTC)))
    monkeypatch.setattr(completeness, "grain_of", lambda _: "day")
    monkeypatch.setattr(reference, "city", lambda: CITY)
    for name in ("_state", "prediction_range_words", "progress_words"):
        monkeypatch.setattr(headline, name, lambda *_: "")
    for name in ("_window", "_expected_week"):
        monkeypatch.setattr(headline, name, lambda *_: None)
    monkeypatch.setattr(headline, "series", lambda *_: rows)
    return rows


def fill(rows: pd.DataFrame, periods: pd.DatetimeIndex, values: list[float], open_from: int = 1000) -> None:
    """Write readings of eleven senders; from number `open_from` on the last sender is late."""
    for number, (period, figure) in enumerate(zip(periods, values, strict=True)):
        rows.loc[number] = [period, figure, 10 if number >= open_from else 11, 11, number >= open_from, False]


MONTHS = pd.date_range("2025-07-01", periods=15, freq="MS")
USUAL = [100.0, 110.0] * 7


@pytest.mark.parametrize(
    ("worse", "is_ratio", "last", "past", "tone"),
    [
        ("higher", False, 60.0, USUAL, "unknown"),  # low and favourable, if it were all
        ("lower", False, 60.0, USUAL, "unknown"),
        ("higher", False, 105.0, USUAL, "unknown"),
        ("higher", False, 300.0, USUAL, "worse"),  # and more is to come
        ("lower", False, 300.0, USUAL, "unknown"),
        ("higher", True, 300.0, USUAL, "unknown"),  # a ratio may fall when the rest comes
        ("higher", False, 300.0, [-100.0, 110.0] * 7, "unknown"),  # as may a net change
    ],
)
def test_an_incomplete_month_is_judged_only_where_what_is_missing_cannot_change_it(
    shown: pd.DataFrame, worse: str, is_ratio: bool, last: float, past: list[float], tone: str
) -> None:
    fill(shown, MONTHS, [*past, last], open_from=14)
    found = headline._of_months(indicator(worse, is_ratio=is_ratio), CITY)
    assert found is not None
    assert found.verdict.tone == tone
    assert found.verdict == INCOMPLETE or tone == "worse"
    assert not found.changes
    assert "10" in found.remark


def test_a_whole_month_is_judged_and_compared_with_whole_ones(shown: pd.DataFrame) -> None:
    fill(shown, MONTHS, [*USUAL, 60.0])
    found = headline._of_months(indicator("lower"), CITY)
    assert found is not None
    assert found.verdict.tone == "worse"
    assert len(found.changes) == 2
    shown.loc[13, "is_provisional"] = True  # the month before
    again = headline._of_months(indicator("lower"), CITY)
    assert again is not None
    assert [change.against for change in again.changes] == [text("on a year ago")]


def test_a_final_month_says_what_never_came_and_is_compared_with_nothing(shown: pd.DataFrame) -> None:
    fill(shown, MONTHS, [*USUAL, 60.0], open_from=14)
    shown["is_provisional"] = False
    found = headline._of_months(indicator("lower"), CITY)
    assert found is not None
    assert found.remark == text("final: {reporting} of {due} files came", reporting=10, due=11)
    assert (found.verdict, found.changes) == (INCOMPLETE, ())


def test_an_incomplete_week_is_no_fall(shown: pd.DataFrame, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(headline, "_expected_week", lambda *_: (90.0, 120.0))
    fill(shown, pd.date_range("2026-08-31", periods=8, freq="7D"), [100.0] * 7 + [60.0], open_from=7)
    found = headline._of_weeks(indicator("lower"), CITY)
    assert found is not None
    assert (found.verdict, found.changes) == (INCOMPLETE, ())


def test_days_are_compared_only_with_as_many_days_told(shown: pd.DataFrame) -> None:
    days = pd.date_range("2026-10-14", periods=14)
    fill(shown, days, [10.0] * 14)
    one = indicator("higher")
    found = headline._of_days(one, "371502")
    assert found is not None
    assert [change.words[0] for change in found.changes] == ["→"]
    shown.loc[[2, 3, 4], "value"] = None
    again = headline._of_days(one, "371502")
    assert again is not None
    assert again.changes == ()


def test_what_a_late_sender_lacks_is_compared_with_nothing_where_the_others_cannot_be_told(shown: pd.DataFrame) -> None:
    fill(shown, pd.date_range("2026-10-14", periods=14), [10.0] * 13 + [2.0], open_from=13)
    found = headline._of_days(indicator("higher"), CITY, "C")
    assert found is not None
    assert found.changes == ()


@pytest.mark.parametrize("days", [14, 7])
def test_compared_alike_is_said_where_something_is_compared(
    shown: pd.DataFrame, monkeypatch: pytest.MonkeyPatch, days: int
) -> None:
    """Of eleven units one is late; the others are told for these days alone, or for those before too."""
    fill(shown, pd.date_range("2026-10-14", periods=14), [10.0] * 14, open_from=13)
    told = pd.DataFrame({"area": "371502", "period": pd.date_range("2026-10-28", periods=days) - pd.Timedelta(days=days),
                         "value": 5.0})  # fmt: skip
    monkeypatch.setattr(data, "read", lambda *_, **__: told)
    found = headline._of_days(indicator("higher"), CITY)
    assert found is not None
    words = text("{remark}; compared alike", remark="")
    assert (words in found.remark) == bool(found.changes) == (days == 14)


def test_a_window_of_too_short_a_history_has_no_range(shown: pd.DataFrame, monkeypatch: pytest.MonkeyPatch) -> None:
    unknown = {"expected": float("nan"), "variance": float("nan"), "state": "insufficient", "is_provisional": False}
    window = pd.Series({"window_from": date(2026, 10, 21), "data_to": date(2026, 10, 27), **unknown})
    monkeypatch.setattr(headline, "_window", lambda *_: window)
    fill(shown, pd.date_range("2026-10-14", periods=14), [30.0] * 14)
    found = headline._of_days(indicator("higher"), "371502")
    assert found is not None
    assert found.verdict == Comparison(text("history too short"), "unknown")
    assert (found.normal, found.range_words) == (None, "")


@pytest.mark.parametrize(("worse", "count", "tone"), [("higher", 90.0, "worse"), ("lower", 5.0, "unknown")])
def test_days_that_have_not_all_come_are_only_worse_where_more_is_worse(
    shown: pd.DataFrame, monkeypatch: pytest.MonkeyPatch, worse: str, count: float, tone: str
) -> None:
    window = pd.Series({"window_from": date(2026, 10, 21), "data_to": date(2026, 10, 27), "expected": 200.0,
                        "variance": 200.0, "state": "full", "is_provisional": True})  # fmt: skip
    monkeypatch.setattr(headline, "_window", lambda *_: window)
    fill(shown, pd.date_range("2026-10-14", periods=14), [30.0] * 7 + [count] * 7, open_from=13)
    found = headline._of_days(indicator(worse), "371502")
    assert found is not None
    assert found.verdict.tone == tone


def test_the_published_catalogue_says_where_pages_show_an_indicator(monkeypatch: pytest.MonkeyPatch) -> None:
    plain = indicator("higher", is_ratio=False)
    known = {
        "b": replace(plain, indicator="b", title="B"),
        "new": replace(plain, indicator="new", title="N", sort=2, shown=frozenset({"matrix"})),
        "first": replace(plain, indicator="first", title="Z", sort=1, shown=frozenset({"matrix", "counties"})),
        "a": replace(plain, indicator="a", title="A"),
    }
    monkeypatch.setattr(reference, "indicators", lambda: known)
    assert [one.indicator for one in reference.ordered(known.values())] == ["first", "new", "a", "b"]
    assert [one.indicator for one in reference.shown_in("matrix")] == ["first", "new"]
    assert [one.indicator for one in reference.shown_in("counties")] == ["first"]
