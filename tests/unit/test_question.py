"""What a query file may name: plain tables, in one select."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from pipelines.domain import SaidError
from pipelines.publish import question as questions
from pipelines.publish.question import question
from pipelines.publish.scope import RefusedError


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
