"""The page of forecasts: its scores against plain pandas over the published rows, and who may see it."""

import json
from datetime import date, timedelta

import pandas as pd
import pytest

from dashboard.locale import month, percent, text, value
from dashboard.summary import forecast_record, reference
from dashboard.summary.reference import Indicator
from pipelines.core.domain import Viewer
from pipelines.published.read import read
from tests.dashboard.asked import page_asked, signed_in
from tests.dashboard.published_city import CITY, LAST_DAY, City
from tests.dashboard.site import AUDITOR, LEADER, Site, head_of

pytestmark = pytest.mark.xdist_group("forecast_page")
AREA = "371503"


def said_to(site: Site, viewer: Viewer, path: str, query: str = "") -> str:
    status, _, body = page_asked(path, query).of(signed_in(site, viewer))
    assert status == 200
    return json.dumps(json.loads(body), ensure_ascii=False)


def judged(city: City, indicator: str) -> pd.DataFrame:
    """Forecasts of an area's total that are over, with what came and what the year before had, by plain pandas."""
    readings = city.frames["reading"]
    daily = readings[
        (readings["indicator"] == indicator) & (readings["area"] == AREA) & (readings["industry"] == "ALL")
    ]
    daily = daily[daily["grain"] == "day"]
    counts = pd.Series(daily["numerator"].to_numpy(), index=pd.to_datetime(daily["period"])).sort_index()
    told = city.frames["forecast"]
    told = told[(told["indicator"] == indicator) & (told["area"] == AREA) & (told["industry"] == "ALL")].copy()
    told["period"] = pd.to_datetime(told["period"])
    told = told[told["period"] + pd.Timedelta(days=6) <= counts.index.max()]
    told["came"] = [counts[day : day + pd.Timedelta(days=6)].sum() for day in told["period"]]
    year = [counts[day - pd.Timedelta(days=364) : day - pd.Timedelta(days=358)] for day in told["period"]]
    told["before"] = [part.sum() if len(part) else None for part in year]
    return told


def test_forecasts_are_scored_as_plain_pandas_does(city: City) -> None:
    found = read("forecast_came", LEADER, published=city.published, area=AREA, since=LAST_DAY - timedelta(days=400))
    for indicator in ("benefit_claim", "insured_leave"):
        ours = found[found["indicator"] == indicator].sort_values(["horizon", "period"])
        plain = judged(city, indicator).sort_values(["horizon", "period"])
        assert len(ours) == len(plain) > 20
        assert ours["came"].tolist() == plain["came"].tolist()
        assert ours["before"].tolist() == plain["before"].tolist()


def test_the_page_shows_coverage_and_error_beside_the_baseline(site: Site, city: City) -> None:
    body = said_to(site, LEADER, "/forecasts", f"area={AREA}")
    plain = judged(city, "insured_leave")
    near = plain[plain["horizon"] == 7]
    within = ((near["came"] >= near["lo80"]) & (near["came"] <= near["hi80"])).mean()
    error = (near["came"] - near["expected"]).abs().mean()
    baseline = (near["came"] - near["before"]).abs().mean()
    assert 0 < within < 1 or error != baseline
    for shown in (
        percent(float(within)), f"{value(error, 'persons')} {text('persons')}",
        text("{ratio} times the baseline's error", ratio=value(error / baseline, "ratio")),
    ):  # fmt: skip
        assert shown in body
    assert body.count('"type": "Graph"') == 1


@pytest.mark.parametrize(
    ("grains", "grain", "horizon", "message", "number"),
    [
        ({"day", "week", "month"}, "week", 56, "{number} weeks ahead", 8),
        ({"week", "month"}, "week", 8, "{number} weeks ahead", 8),
        ({"week"}, "week", 7, "{number} weeks ahead", 7),
        ({"month"}, "month", 6, "{number} months ahead", 6),
        ({"quarter"}, "quarter", 2, "{number} quarters ahead", 2),
    ],
)
def test_how_far_ahead_is_said_in_the_periods_of_the_forecast(
    monkeypatch: pytest.MonkeyPatch, grains: set[str], grain: str, horizon: int, message: str, number: int
) -> None:
    known = Indicator("one", "One", "persons", "higher", frozenset(grains), "", "", "feed", is_ratio=False)
    monkeypatch.setattr(reference, "indicators", lambda: {"one": known})
    score = forecast_record.Score("one", grain, horizon, 20, 0.8, 0.95, 1.0, 1.0, 20)
    assert score.horizon_words == text(message, number=number)


@pytest.mark.parametrize(
    ("unit", "title", "counted"),
    [("ratio", "{title}, posts counted", "posts"), ("percent", "{title}, people counted", "persons")],
)
def test_a_ratio_is_forecast_in_the_unit_of_its_numerator(unit: str, title: str, counted: str) -> None:
    ratio = Indicator("one", "One", unit, "lower", frozenset({"month"}), "", "", "feed", is_ratio=True)
    told = forecast_record.as_forecast(ratio)
    assert (told.unit, told.title, told.is_ratio) == (counted, text(title, title="One"), False)


def test_a_quarter_is_named_by_its_first_and_last_month() -> None:
    words = forecast_record.period_words("quarter", pd.Timestamp("2026-04-01"))
    assert words == text("{first} to {last}", first=month(date(2026, 4, 1)), last=month(date(2026, 6, 1)))


def test_what_is_expected_next_is_what_the_last_edition_forecast(site: Site, city: City) -> None:
    told = city.frames["forecast"]
    newest = told[(told["made_on"] == LAST_DAY) & (told["area"] == AREA) & (told["industry"] == "ALL")]
    newest = newest[newest["indicator"] == "benefit_claim"]
    body = said_to(site, head_of(AREA), "/forecasts")
    assert len(newest) == 8
    for row in newest.itertuples():
        assert f"{value(row.lo95, 'persons')} – {value(row.hi95, 'persons')}" in body


def test_what_drifted_is_told_to_the_bureau_alone(site: Site) -> None:
    assert text("drifts") in said_to(site, LEADER, "/forecasts")
    assert text("drifts") not in said_to(site, head_of(AREA), "/forecasts")


def test_other_areas_are_no_page_and_the_public_is_told_why_there_is_nothing(site: Site) -> None:
    for area in ("371502", CITY, "nowhere"):
        assert text("This page does not exist") in said_to(site, head_of(AREA), "/forecasts", f"area={area}")
    said = said_to(site, AUDITOR, "/forecasts")
    assert (
        text(
            "Forecasts are exact figures of single series, unsuppressed: they are for the bureau and, of its own area, for "
            "an office. The public file has none."
        )
        in said
    )
