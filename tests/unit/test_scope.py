"""What is kept from an office of the city's figures: of offices that nobody asked about, all of them."""

import pytest

from pipelines.core.domain import GENERAL, Role, Viewer
from pipelines.published.scope import Source, kept_from

FIRST, SECOND = "371502", "371503"
HEAD = Viewer(Role.COUNTY_HEAD, frozenset({FIRST}))
BOTH = Viewer(Role.COUNTY_HEAD, frozenset({SECOND, FIRST}))
ASKED = frozenset({FIRST, f"{FIRST};{SECOND}"})


@pytest.mark.parametrize("office", [HEAD, BOTH])
def test_of_an_office_that_was_asked_about_the_published_file_says_what_is_kept(office: Viewer) -> None:
    said = kept_from(office, "reading", Source.GENERAL, ASKED)
    assert f"'{';'.join(sorted(office.areas))}'" in said


@pytest.mark.parametrize("asked", [frozenset(), ASKED - {FIRST}, frozenset({SECOND})])
def test_from_an_office_that_nobody_asked_about_every_figure_of_the_city_is_kept(asked: frozenset[str]) -> None:
    assert kept_from(HEAD, "reading", Source.GENERAL, asked) == "true"


@pytest.mark.parametrize(
    ("viewer", "table", "source"),
    [
        (Viewer(Role.CITY_LEADER), "reading", Source.GENERAL),
        (GENERAL, "reading", Source.GENERAL),
        (HEAD, "reading", Source.RESTRICTED),  # its own areas
        (HEAD, "episode", Source.GENERAL),
    ],
)
def test_nothing_else_is_kept(viewer: Viewer, table: str, source: Source) -> None:
    assert kept_from(viewer, table, source, frozenset()) == ""
