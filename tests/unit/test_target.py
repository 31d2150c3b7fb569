"""Progress towards a year's target: months that are there over the target, beside the share of the year that has gone."""

from collections.abc import Iterator
from datetime import date
from types import SimpleNamespace

import pandas as pd
import pytest
from flask import Flask

from dashboard.locale import Language, answer_in
from dashboard.summary import target
from pipelines.core.domain import UserError
from pipelines.core.region.today_cards import today_cards

TARGETS = pd.DataFrame(
    {
        "year": [2026, 2026, 2027],
        "area": ["371500", "371502", "371500"],
        "indicator": ["urban_new_employment"] * 3,
        "target": [40_000, 8_000, 50_000],
    }
)


@pytest.fixture(autouse=True)
def reading() -> Iterator[None]:
    with Flask(__name__).test_request_context("/"):
        answer_in(Language.ENGLISH)
        yield


@pytest.mark.parametrize(
    ("area", "last", "values", "said"),
    [
        ("371500", date(2026, 1, 1), [3_000], "7.5% of the year's target of 40,000, 8.3% of the year gone"),
        ("371502", date(2026, 2, 1), [400, 0], "5.0% of the year's target of 8,000, 16.7% of the year gone"),
        ("371500", date(2026, 12, 1), [4_000] * 12, "120.0% of the year's target of 40,000, 100.0% of the year gone"),
        (
            "371500",
            date(2026, 3, 1),
            [4_000, None, 4_000],
            "20.0% of the year's target of 40,000, 25.0% of the year gone; 1 month lacking",
        ),
        ("371500", date(2026, 1, 1), [1_000, 9_000], "2.5% of the year's target of 40,000, 8.3% of the year gone"),
        ("371503", date(2026, 1, 1), [3_000], ""),
        ("371500", date(2028, 1, 1), [3_000], ""),
    ],
)
def test_progress_is_the_years_months_over_its_target(
    area: str, last: date, values: list[float | None], said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    periods = pd.date_range(date(last.year, 1, 1), periods=len(values), freq="MS")
    rows = pd.DataFrame({"period": periods, "value": pd.Series(values, dtype=float)})
    monkeypatch.setattr(target.data, "read_indicator", lambda *_, **__: rows)
    monkeypatch.setattr(target.reference, "region", lambda: SimpleNamespace(target=TARGETS))
    indicator = SimpleNamespace(indicator="urban_new_employment")
    assert target.progress_words(indicator, area, last) == said  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("settings", "cards"),
    [({}, ()), ({"today": {}}, ()), ({"today": {"cards": ["vacancy", "benefit_claim"]}}, ("vacancy", "benefit_claim"))],
)
def test_the_region_chooses_the_cards_and_their_order(settings: dict[str, object], cards: tuple[str, ...]) -> None:
    assert today_cards(settings, "region.toml") == cards


@pytest.mark.parametrize(
    ("said", "word"),
    [
        ({"cards": ["no_such"]}, "no_such"),
        ({"cards": ["vacancy", "vacancy"]}, "各写一次"),
        ({"cards": "vacancy"}, "列表"),
        ({"card": []}, "应为一节"),
        ("vacancy", "应为一节"),
    ],
)
def test_a_slip_in_the_cards_is_refused_with_what_to_write(said: object, word: str) -> None:
    with pytest.raises(UserError, match=word) as refused:
        today_cards({"today": said}, "liaocheng/region.toml")
    assert "liaocheng/region.toml" in str(refused.value)


def test_figures_of_a_general_file_that_are_withheld_count_as_lacking(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = pd.DataFrame({"period": pd.to_datetime(["2026-01-01"]), "value": [float("nan")]})
    monkeypatch.setattr(target.data, "read_indicator", lambda *_, **__: rows)
    monkeypatch.setattr(target.reference, "region", lambda: SimpleNamespace(target=TARGETS))
    indicator = SimpleNamespace(indicator="urban_new_employment")
    said = target.progress_words(indicator, "371500", date(2026, 1, 1))  # type: ignore[arg-type]
    assert said.endswith("1 month lacking")
