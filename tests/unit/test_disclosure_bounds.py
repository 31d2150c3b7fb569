"""Which cells rest on too few: persons, respondents, or one respondent that is nearly all of it."""

from math import inf
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest

from pipelines.core.catalogue.indicators import catalogue
from pipelines.core.domain import UserError
from pipelines.core.region import load as regions
from pipelines.core.region.disclosure_policy import DisclosureThresholds, bounds
from pipelines.core.sql import step
from pipelines.judging.lifecycle import BANDS
from pipelines.publishing.disclosure import is_small, needed, told_bands
from pipelines.publishing.external_constraints import band_limits, band_limits_of
from pipelines.warehouse.tables import define
from pipelines.warehouse.transform import with_second

REGION = regions.load(Path(__file__).parents[2] / "data" / "regions" / "liaocheng")
PERSONS, EMPLOYERS, VILLAGES, NOBODY = "benefit_claim", "insured_headcount", "outworking_labour", "vacancy"


@pytest.mark.parametrize(
    ("indicator", "numerator", "units", "largest", "second", "is_hidden"),
    [
        (PERSONS, 9, 9, 1, None, True),
        (PERSONS, 10, 10, 1, None, False),
        (EMPLOYERS, 500, 2, 260, 40, True),
        (EMPLOYERS, 500, 3, 260, 40, False),
        (EMPLOYERS, 500, 9, 399, 40, False),
        (EMPLOYERS, 500, 9, 400, 40, True),
        (EMPLOYERS, 520, 5, 300, 190, False),  # the others' 30 are just ten per cent of 300
        (EMPLOYERS, 520, 5, 300, 191, True),
        (EMPLOYERS, 520, 5, 300, None, True),  # the second may be 220
        (EMPLOYERS, 630, 5, 300, None, False),  # even 300 would leave 30
        (EMPLOYERS, 629, 5, 300, None, True),
        (EMPLOYERS, 10, 5, 3, 2, False),
        (EMPLOYERS, 9, 5, 3, 2, True),
        (VILLAGES, 100, 12, 79, 3, False),
        (VILLAGES, 100, 12, 80, 3, True),
        (VILLAGES, -100, 12, 85, 3, True),
        (NOBODY, 1, 1, 1, None, False),
    ],
)
def test_a_cell_that_rests_on_too_few_or_on_one_is_hidden(
    indicator: str, numerator: float, units: int, largest: float, second: float | None, is_hidden: bool
) -> None:
    small = is_small(catalogue()[indicator], DisclosureThresholds())
    said = duckdb.execute(
        f"select {small} from (select $n as numerator, $u as units, $l as largest_unit, $s::double as second_unit)",
        {"n": float(numerator), "u": units, "l": float(largest), "s": second},
    ).fetchall()
    assert said == [(is_hidden,)]


@pytest.mark.parametrize(
    ("indicator", "persons", "value", "is_small", "need"),
    [
        (PERSONS, 10, 4.0, True, 9.0),  # as many whole numbers as "fewer than ten" leaves open
        (PERSONS, 10, 400.0, False, 9.0),
        (PERSONS, 20, 4.0, True, 19.0),
        (NOBODY, 10, 400.0, True, 9.0),
        (EMPLOYERS, 10, 400.0, False, 9.0),
        (EMPLOYERS, 10, 36.0, True, 9.0),
        (EMPLOYERS, 10, 40.0, True, 10.0),  # a quarter more, and four fifths of it are no longer one employer's
        (EMPLOYERS, 20, 40.0, True, 19.0),
        (VILLAGES, 10, -400.0, True, 100.0),
    ],
)
def test_a_hidden_cell_stays_open_by_as_much_as_its_bounds_ask(
    indicator: str, persons: int, value: float, is_small: bool, need: float
) -> None:
    found = needed(
        catalogue()[indicator], DisclosureThresholds(persons=persons), np.array([value]), np.array([is_small])
    )
    assert found == pytest.approx([need])


def test_the_second_largest_respondent_is_read_from_the_facts() -> None:
    with duckdb.connect() as con:
        con.execute("create table insured_headcount (area text, industry text, period date, insured integer)")
        con.execute("insert into insured_headcount select 'a', 'C', date '2026-06-01', unnest([40, 7, 300, 190])")
        con.execute("insert into insured_headcount values ('b', 'C', date '2026-06-01', 12)")
        said = con.execute(
            f"select area, largest_unit, second_unit from ({with_second(catalogue()[EMPLOYERS])}) order by area"
        ).fetchall()
    assert said == [("a", 300, 190), ("b", 12, None)]
    assert "second_unit" not in with_second(catalogue()[PERSONS])


@pytest.mark.parametrize(
    ("words", "limits"),
    [("<10", (0, 9)), ("20–49", (20, 49)), ("500+", (500, inf)), ("", (0, inf)), ("2% 至 4%", (0, inf))],
)
def test_a_band_is_read_as_the_whole_numbers_it_admits(words: str, limits: tuple[float, float]) -> None:
    assert band_limits(words) == limits


@pytest.mark.parametrize(
    ("grain", "first", "window_from", "window_to", "limits"),
    [
        ("month", "2026-07-01", "2026-07-01", "2026-07-31", (10, 19)),
        (
            "month",
            "2026-07-01",
            "2026-07-02",
            "2026-07-31",
            (10, inf),
        ),  # a part of the month brings at most what it does
        ("month", "2026-07-01", "2026-07-01", "2026-07-30", (10, inf)),
        ("month", "2026-07-01", "2026-06-30", "2026-07-31", (0, 19)),
        ("month", "2026-07-01", "2026-07-01", "2026-08-01", (0, 19)),
        ("month", "2026-07-01", "2026-06-30", "2026-07-30", (0, inf)),  # neither within it nor around it
        ("week", "2026-07-06", "2026-07-06", "2026-07-12", (10, 19)),
        ("week", "2026-07-06", "2026-07-06", "2026-07-13", (0, 19)),
        ("quarter", "2026-07-01", "2026-07-01", "2026-09-30", (10, 19)),
    ],
)
def test_a_band_tells_of_a_period_within_its_window_and_around_it(
    grain: str, first: str, window_from: str, window_to: str, limits: tuple[float, float]
) -> None:
    cells = pd.DataFrame({"area": ["371502"], "industry": "C", "grain": grain, "period": pd.Timestamp(first)})
    with duckdb.connect() as con:
        con.execute("attach ':memory:' as restricted")
        define(con, "episode", "restricted")
        con.execute(
            "insert into restricted.episode by name select 'e' as episode_id, 'spike' as kind, $name as indicator,"
            " '371502' as area, 'C' as industry, $first as window_from, $last as window_to, '10–19' as observed_band,"
            " '' as people_band, timestamp '2026-09-01' as known_from",
            {"name": PERSONS, "first": window_from, "last": window_to},
        )
        least, most = band_limits_of(con, REGION, catalogue()[PERSONS], None, cells)
    assert (least.tolist(), most.tolist()) == ([limits[0]], [limits[1]])


@pytest.mark.parametrize("persons", [2, 10, 11, 30, 31, 60])
def test_no_band_that_is_told_leaves_fewer_numbers_open_than_a_hidden_cell(persons: int) -> None:
    told = {told_bands(DisclosureThresholds(persons=persons)).get(words, words) for _, words in BANDS}
    assert all(most - least + 1 >= persons for least, most in map(band_limits, told))


@pytest.mark.parametrize(
    ("area", "employers", "jobs", "is_told"),
    [
        ("371502", 3, 10, True),
        ("371502", 2, 10, False),
        ("371502", 3, 9, False),
        ("371502", 3, None, True),
        ("371502", None, 10, False),  # nobody said how many it concerns
        ("371500", None, None, True),  # it concerns the whole city
        ("371500", 2, None, False),
    ],
)
def test_an_announced_event_is_told_from_the_bounds_on(
    area: str, employers: int | None, jobs: int | None, is_told: bool
) -> None:
    with duckdb.connect() as con:
        for file in ("restricted", "general"):
            con.execute(f"attach ':memory:' as {file}")
            define(con, "announced_event", file)
        con.execute(
            "insert into restricted.announced_event by name select 'e' as event_id, $area as area,"
            " $employers::integer as employers, $jobs::integer as jobs, timestamp '2026-09-01' as known_from",
            {"area": area, "employers": employers, "jobs": jobs},
        )
        least = DisclosureThresholds()
        con.execute(
            step("general_announced_event"),
            {"city": "371500", "persons": least.persons, "respondents": least.respondents},
        )
        told = con.execute("select * from general.announced_event").df()
    assert told["event_id"].tolist() == ["e"] * is_told
    assert told[["employers", "jobs"]].isna().all(axis=None)


@pytest.mark.parametrize(
    ("name", "held", "refused"),
    [
        ("persons", (2, 10, 100), (1, 101, 9.5, True)),
        ("respondents", (2, 3, 100), (1, 101)),
        ("dominance", (0.5, 0.8, 0.99), (0.49, 1, 1.0)),
    ],
)
def test_a_region_names_bounds_within_their_limits(
    name: str, held: tuple[float, ...], refused: tuple[float, ...]
) -> None:
    for value in held:
        assert getattr(bounds({"disclosure": {name: value}}, "x"), name) == value
    for value in refused:
        with pytest.raises(UserError, match=name):
            bounds({"disclosure": {name: value}}, "x")
