"""The guard of portable SQL refuses what it says it refuses, and passes what is ours."""

import pytest

from tests.guard import main, violations


@pytest.mark.parametrize(
    "text",
    [
        "select * from a asof join b using (day)",
        "select * replace (1 as x) from t",
        "select date_diff('month', a, b) from t",
        "select regexp_replace(a, 'x', 'y') from t",
        "select substring(a, 0, 2) from t",
        "select a / b as share from t",
        "select a as group from t" .replace("as group", 'as "group"'),
        "select quantile_cont(a, 0.5) from t",
        "select [x * 2 for x in xs] from t",
    ],
)  # fmt: skip
def test_what_two_engines_read_differently_is_refused(text: str) -> None:
    assert list(violations("example.sql", text))


def test_a_division_guarded_by_nullif_passes() -> None:
    assert not list(violations("example.sql", "select 100.0 * sum(a) / nullif(sum(b), 0) as value from t group by all"))


def test_all_sql_of_the_project_is_portable() -> None:
    assert main() == 0
