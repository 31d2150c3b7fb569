"""The benchmark of rules counts for a rule only events that its own source can tell of."""

from datetime import timedelta

import pandas as pd
import pytest

from tests.bench.detect_sources import events_of
from tests.bench.place import LAST_DAY

SEEN = pd.Timestamp(LAST_DAY - timedelta(days=60))
TRUTH = pd.DataFrame(
    [("closure", None, "large"), ("closure", None, "small"), ("past_shock", None, "large"),
     ("vacancy_drop", "vacancy", "large")],
    columns=["kind", "source", "size_class"],
).assign(first_visible_on=SEEN)  # fmt: skip


@pytest.mark.parametrize(
    ("rule", "events"),
    [
        ({"indicator": "benefit_claim"}, ["closure"]),
        ({"indicator": "benefit_claim", "cohort": "young"}, []),
        ({"indicator": "benefit_claim", "kind": "data_fault"}, []),
        ({"indicator": "insured_deferring", "kind": "deadline"}, []),
        ({"indicator": "vacancy"}, ["vacancy_drop"]),
        ({"indicator": "wage_arrears_lead"}, []),
    ],
)
def test_events_are_those_of_the_rules_source(rule: dict[str, str], events: list[str]) -> None:
    row = pd.Series({"kind": "spike", "cohort": "all"} | rule)
    assert events_of(TRUTH, row)["kind"].tolist() == events
