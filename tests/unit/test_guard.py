"""The guard of portable SQL refuses what it says it refuses, and passes what is ours."""

from pathlib import Path

import pytest

from tests.guard import composed_statements, main, violations


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


def test_a_product_file_that_leads_a_statement_past_bandit_is_refused(tmp_path: Path) -> None:
    for name in ("pipelines/ingest/a.py", "dashboard/b.py", "models/c.py", "pipelines/d.py"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text('con.execute(f"delete from {table}")' + "  # nosec B608\n" * (name[-4] != "d"))
    assert [sentence.split(":")[0] for sentence in composed_statements(tmp_path)] == [
        "dashboard/b.py", "models/c.py", "pipelines/ingest/a.py",
    ]  # fmt: skip


def test_all_sql_of_the_project_is_portable() -> None:
    assert main() == 0
