"""What is the same for all recipients of one edition, and what the edition shows to each office."""

import ipaddress
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property

import pandas as pd

from pipelines.core.domain import GENERAL, Edition, Viewer, recipient_viewer
from pipelines.core.region.load import Region
from pipelines.core.settings import Settings
from pipelines.ledger import Ledger
from pipelines.ledger.workflow.acknowledgement import acknowledgements
from pipelines.ledger.workflow.steps import first_published_day, handled_episodes, last_step_id, workflow_states
from pipelines.notifying.audience import Office, concerned, offices
from pipelines.notifying.completeness import completeness_lines
from pipelines.notifying.notification_reasons import Board, Flags, board
from pipelines.published.read import read

_TREND = timedelta(weeks=44)


@dataclass(frozen=True)
class Material:
    """What the published edition shows to one office, with what people made of it.

    ``rows``: open warnings as a board has them, of the office's areas and city totals; ``is_shown``: which rows of the
    board they are. ``closed``: ended ones (mail_warning.sql); ``completeness``, ``trend``: answers of those questions;
    ``lines``: the completeness in words.
    """

    office: Office
    edition: Edition
    rows: pd.DataFrame
    is_shown: Flags
    closed: pd.DataFrame
    completeness: pd.DataFrame
    trend: pd.DataFrame
    is_demonstration: bool
    lines: list[str]


@dataclass(frozen=True)
class Occasion:
    """What is the same for all recipients of one edition: what it shows, and what people made of it.

    ``entered``: the last entry about any warning (``steps.last_step_id``) when it was read.
    """

    edition: Edition
    region: Region
    settings: Settings
    now: datetime
    board: Board
    entered: int

    @cached_property
    def is_demonstration(self) -> bool:
        """Whether the edition's data are invented."""
        rows = ask("mail_manifest", GENERAL, self.edition, self.settings)
        return bool(((rows["key"] == "is_demonstration") & (rows["value"] == "true")).any())

    @cached_property
    def _materials(self) -> dict[str, Material]:
        return {}

    def material(self, office: Office) -> Material:
        """What the edition shows to an office, read as its recipients may read it."""
        if office.office_id not in self._materials:
            shown = ask("mail_warning", office.viewer, self.edition, self.settings)
            is_shown = self.board.rows["episode_id"].isin(shown["episode_id"]).to_numpy()
            since = self.edition.day - _TREND
            roster = ask("mail_completeness", office.viewer, self.edition, self.settings)
            self._materials[office.office_id] = Material(
                office=office,
                edition=self.edition,
                rows=self.board.rows[is_shown],
                is_shown=is_shown,
                closed=concerned(self.board.closed[self.board.closed["episode_id"].isin(shown["episode_id"])], office),
                completeness=roster,
                trend=read(
                    "mail_trend", office.viewer, self.edition.cutoff_at, published=self.settings.published, since=since
                ),
                is_demonstration=self.is_demonstration,
                lines=completeness_lines(roster, self.edition, office, self.region),
            )
        return self._materials[office.office_id]


def read_occasion(edition: Edition, ledger: Ledger, region: Region, settings: Settings, now: datetime) -> Occasion:
    """Read an edition and the human side of its open warnings. Raises UserError when it is not published."""
    everywhere = frozenset[str]().union(*(office.areas for office in offices(region)))
    warnings = ask("mail_warning", recipient_viewer(everywhere), edition, settings)
    with ledger.reading() as connection:
        may_matter = (warnings["status"] == "open") | warnings["episode_id"].isin(handled_episodes(connection))
        named = warnings.loc[may_matter, "episode_id"].tolist()
        stand, taken = workflow_states(connection, named), acknowledgements(connection, named)
        entered, told_from = last_step_id(connection), first_published_day(connection)
    return Occasion(edition, region, settings, now, board(warnings, stand, taken, region, now, told_from), entered)


def frame_fields(material: Material, reach: date, region: Region) -> dict[str, object]:
    """What stands at the foot of every mail of warnings."""
    edition = material.edition
    return {
        "office": material.office,
        "completeness": material.lines,
        "data_to": reach.isoformat(),
        "cutoff": edition.cutoff_at.astimezone(region.time_zone).strftime("%Y-%m-%d %H:%M"),
        "edition_id": edition.edition_id,
        "is_demonstration": material.is_demonstration,
    }


def may_send(settings: Settings) -> bool:
    """Whether mails about invented data may leave: into the outbox folder, or to a mail server on this machine."""
    if not settings.smtp_host or settings.smtp_host == "localhost":
        return True
    try:
        return ipaddress.ip_address(settings.smtp_host.strip("[]")).is_loopback
    except ValueError:
        return False


def ask(name: str, viewer: Viewer, edition: Edition, settings: Settings) -> pd.DataFrame:
    """The answer of a question without parameters, as of an edition."""
    return read(name, viewer, edition.cutoff_at, published=settings.published)
