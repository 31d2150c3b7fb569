"""What all pages show against plain pandas over the files as they were sent: nothing of ours is imported here."""

import random
import re
from collections import Counter, defaultdict
from dataclasses import replace
from decimal import ROUND_HALF_EVEN, Decimal

import pytest
from playwright.sync_api import Page

from tests.pipeline import judge, judge_measures
from tests.pipeline.judge_pages import Shown
from tests.pipeline.judge_shown import AREAS, walked
from tests.pipeline.judged_city import LAST, City, number, total

pytestmark = pytest.mark.xdist_group("judge")
SEED, DRAWN = 20261031, 100
PAGES = {
    "today", "area", "industry", "indicator", "figure", "file", "supply", "transfer", "employers", "warnings", "data",
    "forecasts",
}  # fmt: skip
IN_FILES = 6  # decimals


@pytest.fixture(scope="module")
def shown(judged_page: Page) -> list[Shown]:
    """Every observed value of every page, and those of some figures and files."""
    return walked(judged_page, SEED)


def said(city: City, one: Shown) -> float | None:
    """What the judge says in the place of a shown value; None where the files say nothing of it."""
    if one.title == "影响人数":
        stored = city.ask("select * from episode where episode_id = ? and known_to is null", [one.one]).iloc[0]
        return city.warned(stored)[1]
    if one.title == "拟裁人数":
        reports = city.facts("layoff_report", LAST)
        own = reports[(reports["单位名称"] == one.one) & (reports["filed_on"] == one.period.first)]
        return own["拟裁人数"].map(judge.count).sum()
    if one.title in {"行数", "采用行数"}:
        drop = next(drop for files in city.files.values() for drop in files.drops[::-1] if drop.name == one.one)
        return drop.total if one.title == "行数" else drop.right
    measure = judge_measures.measure(one.title)
    values = city.expected(one.title, one.period.grain, LAST)
    if one.period.grain == "day":
        return total(values, one.area, one.industry, one.period.first, one.period.last)
    return values.get((one.area, one.industry, one.period.first), 0 if measure.is_count else None)


def agrees(city: City, one: Shown) -> bool:
    """Whether the shown value is the judge's, rounded as it is shown."""
    ours = said(city, one)
    if ours is None:
        return False
    measure = judge_measures.measure(one.title)
    decimals = IN_FILES if one.place.endswith("csv") else measure.decimals if measure else 0
    exact = Decimal(str(round(float(ours), 9))).quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_EVEN)
    return Decimal(str(number(one.words))) == exact


def drawn(shown: list[Shown]) -> list[Shown]:
    """A hundred values by lot: kinds of pages and places in turn, so that none is left out."""
    lot = random.Random(SEED)
    by_place = defaultdict(list)
    for one in shown:
        by_place[one.page, one.place].append(one)
    heaps = [lot.sample(by_place[place], len(by_place[place])) for place in sorted(by_place)]
    in_turn = [heap[turn] for turn in range(DRAWN) for heap in heaps if turn < len(heap)]
    return in_turn[:DRAWN]


def test_a_hundred_random_values_of_all_pages_are_what_the_files_say(judged: City, shown: list[Shown]) -> None:
    lot = drawn(shown)
    assert len(set(lot)) == DRAWN
    assert {one.page for one in lot} == PAGES
    assert [(one, said(judged, one)) for one in lot if not agrees(judged, one)] == []


def test_every_value_that_the_walk_gathered_is_what_the_files_say(judged: City, shown: list[Shown]) -> None:
    assert [(one, said(judged, one)) for one in shown if not agrees(judged, one)] == []


def test_nearly_all_that_is_shown_is_judged_and_every_page_contributes(judged: City, shown: list[Shown]) -> None:
    of_indicators = [one for one in shown if not one.one]
    is_judged = [judge_measures.measure(one.title) is not None for one in of_indicators]
    assert sum(is_judged) >= 0.8 * len(of_indicators)
    shares = Counter(one.page for one in shown)
    assert set(shares) == PAGES
    assert len({one.address for one in shown if one.page == "area"}) == min(12, AREAS)
    known = judged.ask("select title_zh from indicator", [])["title_zh"]
    assert set(known) == set(judge_measures.MEASURES) | set(judge_measures.NOT_JUDGED)


def test_a_value_that_is_off_by_one_does_not_agree(judged: City, shown: list[Shown]) -> None:
    """The judge would be no judge if it let pass what the files do not say."""
    for one in drawn(shown):
        off = replace(one, words=re.sub(r"\d(?=\D*$)", lambda digit: str((int(digit[0]) + 1) % 10), one.words))
        assert not agrees(judged, off), off
