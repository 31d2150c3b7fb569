"""A memory that went through a file is the memory itself, bit for bit."""

from dataclasses import fields, is_dataclass

import numpy as np
import pandas as pd
import pytest
from model_city import calendar, daily_city, weekly_regions

from models.assess import Memory, assess
from models.model_state import RECENT, from_arrays, to_arrays
from models.panel import Panel

DAYS, FIRST = 460, "2021-03-01"
TABLE = calendar(FIRST, DAYS + 120)
CITY = daily_city(DAYS, first=FIRST)
BEFORE = DAYS - 40


def corrected(panel: Panel, age: int) -> Panel:
    values = panel.values.copy()
    values[:, -age] += 1
    return Panel(panel.series, panel.periods, values, panel.exposure, panel.grain)


def same(one: object, other: object) -> None:
    pd.testing.assert_frame_equal(one.score, other.score, check_exact=True)
    pd.testing.assert_frame_equal(one.forecast, other.forecast, check_exact=True)


def through_a_file(memory: Memory) -> Memory:
    return from_arrays({name: array.copy() for name, array in to_arrays(memory).items()})


def leaves(thing: object) -> list[object]:
    if is_dataclass(thing):
        return [leaf for field in fields(thing) for leaf in leaves(getattr(thing, field.name))]
    return [thing]


@pytest.fixture(scope="module")
def memory() -> Memory:
    return assess(CITY.until(BEFORE), TABLE)[1]


def test_the_states_that_come_back_are_those_that_went_in_to_the_last_bit_and_layout(memory: Memory) -> None:
    back = through_a_file(memory)
    newest = max(memory.states)
    assert newest in back.states
    assert sum(column > newest - RECENT for column in back.states) == RECENT
    assert len(back.states) < len(memory.states)
    for column, state in back.states.items():
        for old, new in zip(leaves(memory.states[column]), leaves(state), strict=True):
            assert type(old) is type(new)
            if isinstance(old, np.ndarray):
                assert (old.dtype, old.shape, old.flags.c_contiguous) == (new.dtype, new.shape, True)
                assert old.tobytes() == new.tobytes()
            else:
                assert old == new
    assert memory.facts.agrees(back.facts)


@pytest.mark.parametrize("age", [1, 3, 30, 300])
def test_days_with_a_memory_from_a_file_are_days_learnt_anew_whatever_was_corrected(memory: Memory, age: int) -> None:
    kept = through_a_file(memory)
    panel = corrected(CITY.until(BEFORE + 1), age)
    found, after = assess(panel, TABLE, kept)
    same(found, assess(panel, TABLE)[0])
    same(assess(CITY, TABLE, through_a_file(after))[0], assess(CITY, TABLE)[0])  # crosses an anchor


WEEKS, WEEK_TABLE = weekly_regions(160), calendar("2010-01-03", 160 * 7 + 98, festival=False)


def test_a_memory_of_weeks_comes_back_too() -> None:
    _, memory = assess(WEEKS.until(150), WEEK_TABLE)
    same(assess(WEEKS, WEEK_TABLE, through_a_file(memory))[0], assess(WEEKS, WEEK_TABLE)[0])


def test_a_holiday_that_only_the_longer_calendar_reaches_makes_the_memory_useless() -> None:
    longer = WEEK_TABLE.copy()
    longer.loc[longer.index[-10:], "holiday_name"] = "a feast before all others"
    autumn = 141  # the forecast has the national holiday in it
    _, memory = assess(WEEKS.until(autumn - 1), WEEK_TABLE.iloc[:-28])
    same(assess(WEEKS.until(autumn), longer, memory)[0], assess(WEEKS.until(autumn), longer)[0])
