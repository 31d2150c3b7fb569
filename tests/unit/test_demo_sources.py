"""Labelled events of one source: their rows say what the truth says, and no other feed does."""

from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from pipelines.core.region.load import Region, load
from pipelines.demo import CitySpec, generate_city, labelled_truth, plan_city
from pipelines.demo.daily import draw_claims, draw_insured, filed_reasons
from pipelines.demo.rhythm import draw_counts
from pipelines.demo.source_events import KINDS, SourceEvent

LAST = date(2026, 10, 31)
REGION = Path(__file__).parents[2] / "data" / "regions" / "liaocheng"


@pytest.fixture(scope="module")
def region() -> Region:
    return load(REGION)


def test_an_event_rises_stays_and_is_over() -> None:
    shape = SourceEvent(0, "outflow", 1, None, 10, 20, 0.4).shape(40)
    assert shape[:10].tolist() == [0.0] * 10
    assert shape[10] == pytest.approx(0.08)
    assert shape[14:25].tolist() == pytest.approx([0.4] * 11)
    assert (np.diff(shape[25:30]) < 0).all()
    assert shape[30:].tolist() == [0.0] * 10


def test_each_kind_has_its_feeds_in_the_truth_in_every_year(region: Region) -> None:
    truth = labelled_truth(region, CitySpec(1095, 1.0, 1, LAST))
    for name, kind in KINDS.items():
        own = truth[truth["kind"] == name]
        assert set(own["source"]) == set(kind.feeds)
        assert len(own) == np.ceil(3 * kind.per_year) * len(kind.feeds)
        assert (own["size_class"] == "large").any()
        assert (own["industry"] != "ALL").all() if kind.is_of_section else (own["area"] != "371500").all()


def test_what_an_event_takes_is_missing_from_its_own_feed_only(region: Region, tmp_path: Path) -> None:
    """A quiet and an eventful city of one seed differ, of mobility, on the days of its events alone."""
    net = {}
    for is_quiet in (True, False):
        inbox = tmp_path / str(is_quiet) / "inbox"
        generate_city(region, inbox, CitySpec(220, 0.05, 3, LAST, is_quiet))
        parts = [pd.read_csv(path, dtype=str) for path in sorted(inbox.glob("transport_mobility/*/*.csv"))]
        rows = pd.concat(parts, ignore_index=True).dropna(subset=["人数"]).drop_duplicates()
        rows = rows[rows["人数"].str.isdigit()].assign(people=lambda frame: frame["人数"].astype(int))
        sign = rows["方向"].map({"流出": 1, "流入": -1})
        net[is_quiet] = (sign * rows["people"]).groupby(rows["日期"]).sum()
    truth = labelled_truth(region, CitySpec(220, 0.05, 3, LAST))
    events = truth[truth["source"] == "transport_mobility"]
    assert len(events)
    days = pd.to_datetime(net[True].index)
    during = np.zeros(len(days), dtype=bool)
    for event in events.itertuples():
        during |= (days >= pd.Timestamp(event.first_effective_on)) & (days <= pd.Timestamp(event.end_on))
    more = net[False].reindex(net[True].index) - net[True]
    assert more[during].mean() > 4 * abs(more[~during].mean())


def test_some_reasons_are_filed_wrong_and_what_takes_a_row_back_copies_its_code(region: Region) -> None:
    plan = plan_city(region, CitySpec(400, 0.1, 5, LAST))
    counts = draw_counts(plan.rhythm, plan.city, plan.timeline, 5)
    insured = draw_insured(plan.city, plan.timeline, counts, plan.events, 5)
    filed = filed_reasons(insured, 5)
    wrong = (filed != insured.row.reason)[insured.is_risk].mean()
    assert 0.08 < wrong < 0.2
    assert (filed == insured.row.reason)[~insured.is_risk & (insured.reverses < 0)].all()
    back = insured.reverses >= 0
    assert back.any()
    assert (filed[back] == filed[insured.reverses[back]]).all()
    assert (filed == filed_reasons(insured, 5)).all()


def test_who_was_dismissed_claims_more_often_than_who_resigned(region: Region) -> None:
    plan = plan_city(region, CitySpec(600, 0.2, 6, LAST, is_quiet=True))
    counts = draw_counts(plan.rhythm, plan.city, plan.timeline, 6)
    insured = draw_insured(plan.city, plan.timeline, counts, plan.events, 6)
    claims = draw_claims(plan.city, plan.timeline, counts, insured, plan.events, 6)
    leave = insured.is_risk & (insured.reverses < 0)
    claimed = np.isin(insured.row.person, claims.row.person)
    share = {code: claimed[leave & (insured.row.reason == code)].mean() for code in (b"11", b"15")}
    assert share[b"11"] > 2 * share[b"15"]
