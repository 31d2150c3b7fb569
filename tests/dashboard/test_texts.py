from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from dashboard.locale import count, day, instant, percent, signed, text, value
from dashboard.summary.comparison import against_range, certainty, change_words, odds, of_change
from dashboard.summary.reference import Indicator, judged_in
from pipelines.core.text_safety import inert


def test_a_message_without_translation_is_shown_rather_than_nothing() -> None:
    assert text("{number} of nothing", number=3) == "3 of nothing"


def test_numbers_and_days_are_written_as_a_chinese_reader_expects() -> None:
    assert count(1234567.4) == "1,234,567"
    assert value(-0.094, "percent") == "−0.09"
    assert signed(12) == "+12"
    assert signed(-0.351, "percent") == "−0.35"
    assert signed(0.001, "percent") == "±0.00"
    assert percent(0.0812) == "8.1%"
    assert day(date(2026, 11, 23)) == "2026年11月23日 周一"
    assert instant(datetime(2026, 11, 22, 23, 0, tzinfo=UTC), "Asia/Shanghai") == "2026-11-23 07:00"


@pytest.mark.parametrize(
    ("number", "worse", "word", "tone"),
    [
        (5, "higher", "正常", "normal"),
        (11, "higher", "偏高 · 不利", "worse"),
        (0, "higher", "偏低 · 有利", "better"),
        (0, "lower", "偏低 · 不利", "worse"),
        (11, "none", "偏高", "unknown"),
        (None, "higher", "暂无常态", "unknown"),
    ],
)
def test_a_figure_is_judged_in_words(number: float | None, worse: str, word: str, tone: str) -> None:
    verdict = against_range(number, 1, 10, "persons", worse)
    assert (verdict.word, verdict.tone) == (word, tone)


def test_a_figure_that_reads_as_an_end_of_its_range_is_within_it() -> None:
    """A card that says "26, usual 4 to 26" must not say that 26 is high."""
    assert against_range(26, 3.6, 25.6, "persons", "higher").word == "正常"
    assert against_range(27, 3.6, 25.6, "persons", "higher").word == "偏高 · 不利"
    assert against_range(1.18, 0.93, 1.176, "percent", "higher").word == "正常"
    assert against_range(1.19, 0.93, 1.176, "percent", "higher").word == "偏高 · 不利"
    assert against_range(3, 3.6, 25.6, "persons", "lower").word == "偏低 · 不利"


def test_a_change_is_good_or_bad_by_the_indicators_direction() -> None:
    up = change_words(110, 100, "persons", is_ratio=False)
    assert up == "↑ 10.0%"
    assert of_change(up, 10, "higher").word == "不利"
    assert of_change(up, 10, "lower").word == "有利"
    assert change_words(1.30, 1.301, "ratio", is_ratio=True) == "→ 0.00"
    assert of_change("→ 0.00", -0.001, "lower").word == "持平"
    assert change_words(-30, -12, "persons", is_ratio=False) == "↓ 18"
    assert change_words(-124, 7, "persons", is_ratio=False) == "↓ 131"


def test_a_reported_event_is_certain_and_a_rarer_spike_surer() -> None:
    assert certainty(None, "event") == 1
    assert certainty(1e-3, "spike") < certainty(1e-5, "spike") < certainty(1e-9, "spike") == 1
    assert odds(5e-9) == "约 2 亿分之一"
    assert odds(4e-4) == "约 2,500 分之一"


@pytest.mark.requirement("1.2.10")
def test_text_that_looks_like_a_formula_is_inert_and_numbers_stay_numbers() -> None:
    assert inert("=1+1") == "'=1+1"
    assert inert("@SUM(A1)") == "'@SUM(A1)"
    assert inert("-3.2") == "-3.2"
    assert inert(-3.2) == -3.2
    assert inert("茌平区") == "茌平区"


def test_a_spike_of_a_ratio_is_told_in_people_and_its_level_rule_in_percent():
    ratio = Indicator("job_loss_rate", "岗位流失率", "percent", "higher", frozenset({"month"}), "", "", "", True)
    assert judged_in(ratio, "spike").unit == "persons"
    assert judged_in(ratio, "level") is ratio
    assert judged_in(replace(ratio, unit="ratio"), "spike").unit == "posts"  # vacancies per seeker
    counted = replace(ratio, is_ratio=False)
    assert judged_in(counted, "spike") is counted
    assert judged_in(None, "spike") is None
