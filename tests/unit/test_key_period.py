"""Key periods: which days they hold, what they make of rules, and which rows a region may not write."""

import shutil
from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from pipelines.core.domain import UserError
from pipelines.core.region import load as regions
from pipelines.core.region.key_period import apply_key_periods, key_periods_on
from tests.house import LIAOCHENG

HEADER = "key_period,title,from_on,to_on,rules,strictness,feeds,basis\n"


def periods(rules: str | None, strictness: float | None) -> pd.DataFrame:
    return pd.DataFrame({
        "key_period": ["session"], "from_on": [pd.Timestamp("2026-03-01")], "to_on": [pd.Timestamp("2026-03-13")],
        "rules": [rules], "strictness": [strictness],
    })  # fmt: skip


def test_a_period_holds_its_first_and_last_day() -> None:
    table = periods(None, None)
    inside = [len(key_periods_on(table, date(2026, 3, day))) for day in (1, 13)]
    outside = [len(key_periods_on(table, day)) for day in (date(2026, 2, 28), date(2026, 3, 14))]
    assert (inside, outside) == ([1, 1], [0, 0])


def test_named_rules_are_stricter_within_the_period_and_all_others_stay() -> None:
    rules = pd.DataFrame({"rule_id": ["a", "b"], "min_strength": [4.0, 4.0], "min_people": [10.0, None]})
    then = apply_key_periods(rules, periods("a", 0.8), date(2026, 3, 5))
    assert then["min_strength"].tolist() == [3.2, 4.0]
    assert then["min_people"].iloc[0] == 8.0
    assert apply_key_periods(rules, periods("a", 0.8), date(2026, 4, 5)) is rules
    assert apply_key_periods(rules, periods(None, None), date(2026, 3, 5)) is rules


@pytest.mark.parametrize(("row", "column"), [
    ("x,两会,2026-03-13,2026-03-01,,,,依据", "to_on"),
    ("x,两会,2026-03-01,2026-03-13,nobody,0.9,,依据", "rules"),
    ("x,两会,2026-03-01,2026-03-13,benefit_claim_spike,,,依据", "strictness"),
    ("x,两会,2026-03-01,2026-03-13,benefit_claim_spike,0.2,,依据", "strictness"),
    ("x,两会,2026-03-01,2026-03-13,,,nothing,依据", "feeds"),
    ("x,两会,2026-03-01,2026-03-13,,,,依据\nx,两会,2026-03-10,2026-03-20,,,,依据", "from_on"),
])  # fmt: skip
def test_a_wrong_row_is_refused_by_file_and_column(tmp_path: Path, row: str, column: str) -> None:
    folder = tmp_path / "liaocheng"
    shutil.copytree(LIAOCHENG, folder)
    (folder / "key_period.csv").write_text(HEADER + row + "\n", encoding="utf-8")
    with pytest.raises(UserError, match=rf"key_period\.csv.*{column}"):
        regions.load(folder)


def test_a_region_without_the_file_has_no_key_period(tmp_path: Path) -> None:
    folder = tmp_path / "liaocheng"
    shutil.copytree(LIAOCHENG, folder)
    (folder / "key_period.csv").unlink()
    assert regions.load(folder).key_period.empty
