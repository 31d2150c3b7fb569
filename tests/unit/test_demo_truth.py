"""What the synthetic city says really happened: kinds, numbers, sizes and days of the labelled events."""

from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from pipelines.core.region.load import Region, load
from pipelines.demo import CitySpec, labelled_truth
from pipelines.demo.city import build_city
from pipelines.demo.rhythm import Rhythm, build_rhythm, draw_counts
from pipelines.demo.timeline import Timeline, build_timeline
from pipelines.demo.truth import size_class

LAST = date(2026, 10, 31)
SEEDS = (1, 2, 3)


@pytest.fixture(scope="module")
def region() -> Region:
    return load(Path(__file__).parents[2] / "data" / "regions" / "liaocheng")


@pytest.fixture(scope="module")
def cities(region: Region) -> dict[int, pd.DataFrame]:
    return {seed: labelled_truth(region, CitySpec(1095, 1, seed, LAST)) for seed in SEEDS}


def labelled(frame: pd.DataFrame) -> pd.DataFrame:
    return frame[(frame["kind"] != "past_shock") & (frame["source"] == "")]


def test_at_least_forty_events_a_year_also_in_the_last_one(cities: dict[int, pd.DataFrame]) -> None:
    for frame in cities.values():
        events = labelled(frame)
        assert len(events) >= 120
        assert (events["first_effective_on"] > LAST - timedelta(days=365)).sum() >= 40


def test_medium_and_small_events_are_frequent_for_every_seed(cities: dict[int, pd.DataFrame]) -> None:
    for frame in cities.values():
        share = labelled(frame)["size_class"].value_counts(normalize=True)
        assert share["medium"] >= 0.30
        assert share["small"] >= 0.20
        assert share["large"] >= 0.20


def test_the_classes_hold_roughly_in_a_tenth_of_the_city(region: Region) -> None:
    share = pd.concat([labelled(labelled_truth(region, CitySpec(900, 0.1, seed, LAST))) for seed in SEEDS])[
        "size_class"
    ].value_counts(normalize=True)
    assert share["medium"] >= 0.30
    assert share["small"] >= 0.15
    assert share["large"] >= 0.20


def test_all_kinds_occur_and_say_where(cities: dict[int, pd.DataFrame]) -> None:
    frame = cities[1]
    for kind, spans_areas, spans_industries in (
        ("factory_closing", False, False), ("industry_slide", True, False), ("county_shock", False, True),
        ("region_shock", True, True),
    ):  # fmt: skip
        events = frame[frame["kind"] == kind]
        assert len(events) >= 1, kind
        assert ((events["area"] == "371500") == spans_areas).all(), kind
        assert ((events["industry"] == "ALL") == spans_industries).all(), kind
        assert ((events["employer"] != "") == (kind == "factory_closing")).all(), kind


def test_about_six_closings_in_ten_file_a_layoff_report(cities: dict[int, pd.DataFrame]) -> None:
    closings = pd.concat(cities.values()).query("kind == 'factory_closing'")
    assert 0.45 <= (closings["z_layoff"] > 0).mean() <= 0.75


def test_no_factory_closes_twice(cities: dict[int, pd.DataFrame]) -> None:
    for frame in cities.values():
        employers = frame.loc[frame["kind"] == "factory_closing", "employer"]
        assert employers.is_unique


def test_a_class_follows_from_the_largest_z_and_the_people(cities: dict[int, pd.DataFrame]) -> None:
    events = labelled(cities[2])
    strength = events.filter(like="z_").max(axis=1)
    again = [size_class(z, people, is_visible=True) for z, people in zip(strength, events["extra_people"], strict=True)]
    seen = events["first_visible_on"].notna()
    assert (events["size_class"] == again)[seen].all()
    assert size_class(4.0, 20, True) == "large"
    assert size_class(9.0, 19, True) == "medium"
    assert size_class(2.4999, 900, True) == "small"
    assert size_class(0.0, 900, False) == "none"


def test_an_event_is_never_visible_before_a_row_could_have_come(cities: dict[int, pd.DataFrame]) -> None:
    for frame in cities.values():
        others = frame[(frame["z_layoff"] == 0) & frame["first_visible_on"].notna()]
        assert (others["first_visible_on"] >= others["first_effective_on"]).all()
        jobs = labelled(others)
        assert (jobs["first_visible_on"] > jobs["first_effective_on"]).all()
        assert (frame["end_on"] >= frame["first_effective_on"]).all()
        assert frame["first_visible_on"].dropna().max() <= LAST + timedelta(days=1)


def test_no_event_starts_around_the_spring_festival(region: Region, cities: dict[int, pd.DataFrame]) -> None:
    for frame in cities.values():
        events = labelled(frame)
        first, last = events["first_effective_on"].min(), events["first_effective_on"].max()
        days = region.calendar_frame(first, last).set_index("date")["festival_offset"]
        # Local shocks take effect over days after their start, so only closings begin on the very day.
        closings = pd.to_datetime(events.loc[events["kind"] == "factory_closing", "first_effective_on"])
        assert not days.loc[closings].between(-19, 12).any()


def test_the_quiet_city_has_only_the_past_shock_and_it_is_the_same(
    region: Region, cities: dict[int, pd.DataFrame]
) -> None:
    quiet = labelled_truth(region, CitySpec(1095, 1, 1, LAST, is_quiet=True))
    assert quiet["kind"].tolist() == ["past_shock"]
    loud = cities[1].query("kind == 'past_shock'").reset_index(drop=True)
    pd.testing.assert_frame_equal(quiet, loud)
    assert quiet["size_class"].tolist() == ["none"]


def test_the_past_shock_lies_in_the_second_quarter_and_is_over_before_the_last_400_days(region: Region) -> None:
    for days in (900, 1095, 1460):
        for seed in SEEDS:
            shock = labelled_truth(region, CitySpec(days, 0.02, seed, LAST, is_quiet=True)).iloc[0]
            first = LAST - timedelta(days=days - 1)
            assert first + timedelta(days=days // 4) <= shock["first_effective_on"] <= first + timedelta(days=days // 2)
            assert shock["end_on"] < LAST - timedelta(days=400)


def test_a_short_city_has_no_past_shock(region: Region) -> None:
    assert labelled_truth(region, CitySpec(400, 0.02, 1, LAST, is_quiet=True)).empty


def test_truth_is_the_same_every_time(region: Region, cities: dict[int, pd.DataFrame]) -> None:
    pd.testing.assert_frame_equal(labelled_truth(region, CitySpec(1095, 1, 3, LAST)), cities[3])


@pytest.fixture(scope="module")
def drawn(region: Region) -> tuple[Rhythm, Timeline, dict[str, np.ndarray], dict[str, np.ndarray]]:
    timeline = build_timeline(region, 600, LAST)
    city = build_city(region, 0.5, 9, LAST)
    rhythm = build_rhythm(city, timeline, 9)
    deviation = {stream: rhythm.deviation(stream, city, 0, None) for stream in ("claim", "risk")}
    return rhythm, timeline, draw_counts(rhythm, city, timeline, 9), deviation


def test_the_deviation_behind_a_z_is_that_of_the_drawn_weeks(
    drawn: tuple[Rhythm, Timeline, dict[str, np.ndarray], dict[str, np.ndarray]],
) -> None:
    rhythm, timeline, counts, deviation = drawn
    for stream in ("claim", "risk"):
        own = slice(0, counts[stream].shape[0] // 11)
        off = counts[stream][own].sum(axis=0) - rhythm.mean[stream][own, : timeline.days].sum(axis=0)
        weekly = np.convolve(off, np.ones(7), "valid") / deviation[stream][: timeline.days - 6]
        assert 0.85 < weekly.std() < 1.15, stream


def test_offices_are_closed_on_holidays_and_weekends_and_busy_on_mondays(
    drawn: tuple[Rhythm, Timeline, dict[str, np.ndarray], dict[str, np.ndarray]],
) -> None:
    _, timeline, counts, _ = drawn
    works, weekday = timeline.is_workday[: timeline.days], timeline.weekday[: timeline.days]
    for stream, count in counts.items():
        total = count.sum(axis=0)
        assert total[~works].sum() == 0, stream
        assert total[works & (weekday == 0)].mean() > 1.15 * total[works & (weekday == 4)].mean(), stream


def test_people_leave_and_claim_after_the_spring_festival_and_join_in_july(
    drawn: tuple[Rhythm, Timeline, dict[str, np.ndarray], dict[str, np.ndarray]],
) -> None:
    rhythm, timeline, _, _ = drawn
    works = timeline.is_workday
    offset = timeline.festival_offset
    july = np.array([timeline.date_of(day).month == 7 for day in range(len(timeline))])
    for stream in ("risk", "claim"):
        total = rhythm.mean[stream].sum(axis=0)
        before, after = total[works & (offset > -12) & (offset < 0)], total[works & (offset > 10) & (offset < 30)]
        assert after.mean() > 1.4 * before.mean(), stream
    joins = rhythm.mean["join"].sum(axis=0)
    assert joins[works & july].mean() > 1.15 * joins[works & ~july].mean()
