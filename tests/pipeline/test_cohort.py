"""Readings of groups of people: by the sender's coding, overlapping, with zeros only where the groups are coded."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from pipelines.core.catalogue.indicators import parse
from pipelines.core.domain import UserError
from tests.pipeline.test_transform import MONDAY, REGION, A, B, Facts, at

CITY = REGION.city
NEXT = MONDAY + timedelta(days=7)


class Coded(Facts):
    """A warehouse whose claims say of each person which groups he belongs to."""

    def people(self, area: str, day: date, groups: list[str | None], received: datetime, version: int = 1) -> None:
        identity = self.drop("benefit_claim", area, day, received, version)
        for line, cohorts in enumerate(groups):
            self.con.execute(
                "insert into benefit_claim by name select $id as drop_id, $line as line_number, $area as area, "
                "'C' as industry, $day as filed_on, $cohorts as cohorts",
                {"id": identity, "line": line, "area": area, "day": day, "cohorts": cohorts},
            )

    def of(self, area: str, cohort: str, period: date, grain: str = "week") -> object:
        rows = self.con.execute(
            "select value, reporting from reading where known_to is null and indicator = 'benefit_claim' "
            "and area = $area and industry = 'ALL' and cohort = $cohort and period = $period and grain = $grain",
            {"area": area, "cohort": cohort, "period": period, "grain": grain},
        ).fetchall()
        return rows[0] if rows else None


@pytest.fixture
def facts() -> Iterator[Coded]:
    made = Coded()
    yield made
    made.con.close()


def test_a_person_of_two_groups_counts_in_both_and_once_among_all(facts: Coded) -> None:
    facts.people(A, MONDAY, ["migrant", "disabled;migrant", None, "other"], at(MONDAY))
    facts.people(B, MONDAY, ["migrant"], at(MONDAY))
    facts.transform.run(at(MONDAY, 23))
    assert facts.of(A, "migrant", MONDAY) == (2, 1)
    assert facts.of(A, "disabled", MONDAY) == (1, 1)
    assert facts.of(CITY, "migrant", MONDAY) == (3, 2)
    assert facts.of(CITY, "all", MONDAY) == (5, 2)
    assert facts.of(A, "migrant", date(2026, 10, 1), "month") == (2, 1)


def test_a_group_is_told_by_the_week_and_the_month_and_never_by_the_day_or_industry(facts: Coded) -> None:
    facts.people(A, MONDAY, ["migrant"], at(MONDAY))
    facts.transform.run(at(MONDAY, 23))
    told = facts.con.execute("select distinct grain, industry from reading where cohort <> 'all' order by 1").fetchall()
    assert told == [("month", "ALL"), ("week", "ALL")]


def test_who_is_of_no_group_makes_no_group(facts: Coded) -> None:
    facts.people(A, MONDAY, ["other", None], at(MONDAY))
    facts.transform.run(at(MONDAY, 23))
    assert facts.con.execute("select count(*) from reading where cohort <> 'all'").fetchall() == [(0,)]


def test_nobody_of_a_group_is_zero_only_where_the_area_codes_groups_and_the_group_is_in_use(facts: Coded) -> None:
    facts.people(A, MONDAY, ["migrant"], at(MONDAY))
    facts.people(B, MONDAY, [None, None], at(MONDAY))
    facts.transform.run(at(MONDAY, 23))
    assert facts.of(A, "migrant", MONDAY) == (1, 1)
    assert facts.of(A, "veteran", MONDAY) is None, "nobody has used the code yet"
    assert facts.of(B, "migrant", MONDAY) is None, "the area has coded nobody yet"
    facts.people(B, NEXT, ["veteran"], at(NEXT))
    facts.people(A, NEXT, [None], at(NEXT))
    facts.transform.run(at(NEXT, 23))
    assert facts.of(A, "migrant", NEXT) == (0, 1)
    assert facts.of(A, "veteran", NEXT) == (0, 1)
    assert facts.of(B, "migrant", NEXT) == (0, 1)
    assert facts.of(B, "migrant", MONDAY) is None
    assert facts.of(A, "veteran", MONDAY) is None


def test_an_area_that_is_silent_has_no_reading_of_its_groups(facts: Coded) -> None:
    facts.people(A, MONDAY, ["migrant"], at(MONDAY))
    facts.people(B, MONDAY, ["migrant"], at(MONDAY))
    facts.people(A, NEXT, [None], at(NEXT))
    facts.transform.run(at(NEXT, 23))
    assert facts.of(A, "migrant", NEXT) == (0, 1)
    assert facts.of(B, "migrant", NEXT) is None


def test_a_corrected_file_changes_the_groups_and_the_old_reading_is_kept(facts: Coded) -> None:
    facts.people(A, MONDAY, ["migrant", "migrant"], at(MONDAY))
    facts.transform.run(at(MONDAY, 23))
    facts.people(A, MONDAY, ["migrant", "graduate"], at(NEXT), version=2)
    facts.transform.run(at(NEXT, 23))
    assert facts.of(A, "migrant", MONDAY) == (1, 1)
    assert facts.of(A, "graduate", MONDAY) == (1, 1)
    kept = facts.con.execute(
        "select value, known_to from reading where cohort = 'migrant' and area = $area and grain = 'week' "
        "and known_to is not null",
        {"area": A},
    ).fetchall()
    assert kept == [(2.0, at(NEXT, 23))]


def test_step_by_step_the_groups_are_what_one_pass_says(facts: Coded) -> None:
    for day, of_a, of_b in ((MONDAY, ["migrant"], [None]), (MONDAY + timedelta(days=1), ["other"], ["veteran"]),
                            (NEXT, ["veteran;migrant", None], ["migrant"])):  # fmt: skip
        facts.people(A, day, of_a, at(day))
        facts.people(B, day, of_b, at(day))
        facts.transform.run(at(day, 23))
    stepwise = facts.everything()
    facts.con.execute("delete from reading")
    facts.fresh().run(at(NEXT, 23))
    assert facts.everything() == stepwise


@pytest.mark.parametrize("line", ["by: area × industry, area × occupation", "kind: stock"])
def test_groups_are_refused_where_they_cannot_be_counted(line: str, tmp_path: Path) -> None:
    text = Path("pipelines/sql/indicators/benefit_claim.sql").read_text(encoding="utf-8")
    name = line.partition(":")[0]
    lines = [f"-- {line}" if one.startswith(f"-- {name}:") else one for one in text.splitlines()]
    path = tmp_path / "claims.sql"
    path.write_text("\n".join(lines), encoding="utf-8")
    with pytest.raises(UserError, match="area × cohort"):
        parse(path)
