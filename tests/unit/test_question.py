"""What a query file may name: plain tables, in one select."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipelines.core.domain import SaidError
from pipelines.published import questions
from pipelines.published.questions import question
from pipelines.published.scope import RefusedError


@pytest.fixture
def asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setattr(questions, "QUERIES", tmp_path)
    question.cache_clear()
    yield tmp_path
    question.cache_clear()


def test_tables_and_parameters_are_told_and_what_a_query_names_itself_is_none(asked: Path) -> None:
    text = """
    with recent as (select * from reading where period >= $since)
    select r.area, (select count(*) from edition) as editions from recent as r
    join place as p on p.code = r.area and p.code in (select area from score_history where indicator = $indicator)
    where exists (with latest as (select * from recent) select 1 from latest)
    """
    (asked / "one.sql").write_text(text, encoding="utf-8")
    found = question("one")
    assert found.tables == {"reading", "edition", "place", "score_history"}
    assert found.parameters == {"since", "indicator"}


@pytest.mark.parametrize(
    "text",
    [
        "select * from general.reading",
        "select * from restricted.main.reading",
        "select 1 where 1 in (select numerator from restricted.reading)",
        "select * from read_csv('/etc/passwd')",
        "select * from duckdb_settings()",
        "with reading as (select * from read_text('x')) select * from reading",
    ],
)
def test_a_file_or_another_database_is_refused(asked: Path, text: str) -> None:
    (asked / "bad.sql").write_text(text, encoding="utf-8")
    with pytest.raises(RefusedError, match=r"bad\.sql"):
        question("bad")


@pytest.mark.parametrize("text", ["delete from reading", "select 1; select 2", "selec 1", "attach 'x'", ""])
def test_what_is_no_single_select_is_refused(asked: Path, text: str) -> None:
    (asked / "bad.sql").write_text(text, encoding="utf-8")
    with pytest.raises(SaidError, match=r"bad\.sql"):
        question("bad")


@pytest.mark.parametrize("name", ["none", "../views/area_rank", "a.b", ""])
def test_a_question_that_is_none_is_refused(asked: Path, name: str) -> None:
    with pytest.raises(SaidError):
        question(name)


COUNTS = {"numerator", "units", "observed", "people", "jobs", "came", "insured", "staff", "reported", "rows_total"}


@pytest.mark.parametrize("path", sorted(questions.QUERIES.glob("*.sql")), ids=lambda path: path.stem)
def test_every_question_says_which_counts_the_trail_watches_or_why_none(path: Path) -> None:
    head = [line for line in path.read_text(encoding="utf-8").splitlines() if line.startswith("-- ")]
    found = question(path.stem)
    reasons = [line for line in head if re.match(r"-- unwatched: \w.{4,}", line)]
    assert len(reasons) == (0 if found.watched else 1)
    columns = set(re.findall(r"\w+", path.read_text(encoding="utf-8").rpartition("\n-- ")[2].partition("\n")[2]))
    assert {*found.watched, *found.employers} <= columns
    assert found.watched or path.stem.startswith("mail_") or not columns & COUNTS - WHY_NOT.get(path.stem, set())
    assert found.employers or "employer" not in columns or path.stem == "service_officer"


WHY_NOT = {"completeness": {"reported"}, "freshness": {"reported"}, "newest_village_week": {"came"}}  # of files
