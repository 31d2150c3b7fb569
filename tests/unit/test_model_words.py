import math

import pytest

from tests.model_words import sentence


def test_the_sentence_says_how_it_was_expected_and_what_came():
    assert sentence(118.0, 0.82, 97.0, 171.0, 1, "week") == (
        "此前水平每周118人，日历因素0.82（低于平常时段），最近1周预期97人，实际171人，是预期的1.8倍，多74人"
    )


def test_a_plain_calendar_is_no_reason_and_small_numbers_keep_a_decimal():
    assert sentence(1.3, 1.01, 6.5, 6.4, 7, "day") == "此前水平每日1.3人，最近7天预期6.5人，实际6.4人，与预期相当"


@pytest.mark.parametrize(
    ("expected", "observed", "words"),
    [
        (0.2, 4.0, "，多4人"),
        (2000.0, 1500.0, "是预期的0.8倍，少500人"),
        (1385.0, 1380.0, "实际1,380人，与预期相当"),
        (1380.0, 1412.0, "实际1,412人，多32人"),
        (6.0, 9.4, "是预期的1.6倍，多3人"),
    ],
)
def test_more_and_less(expected, observed, words):
    assert sentence(10.0, 1.0, expected, observed, 3, "month").endswith(words)


def test_no_judgement_is_said():
    assert sentence(10.0, 1.0, math.nan, 3.0, 7, "day") == "最近7天报送或历史不足，不作判断"


def test_the_sentence_names_what_the_calendar_factor_is_mostly_made_of():
    assert "日历因素0.82（春节前，低于平常时段），" in sentence(
        118.0, 0.82, 97.0, 98.0, 7, "day", reason="before_festival"
    )


def test_a_net_change_is_told_without_a_level_and_with_its_sign():
    assert sentence(-300.0, 1.0, -300.0, 120.0, 1, "month", "net") == "最近1个月预期-300人，实际120人，多420人"
