"""Every open warning of every edition has exactly one reason for every recipient, over months of the invented city."""

from collections import Counter
from collections.abc import Callable
from datetime import time, timedelta
from itertools import product
from pathlib import Path

import pandas as pd
import pytest

from pipelines.core.domain import Edition, recipient_viewer
from pipelines.core.region.load import Region
from pipelines.core.settings import Settings
from pipelines.ledger import open_ledger
from pipelines.ledger.editions import recorded_editions
from pipelines.ledger.notifications.notice import Notice, Purpose, recorded_notices
from pipelines.ledger.notifications.notification_state import reasons
from pipelines.notifying.audience import offices, recipients
from pipelines.notifying.calendar_mails import send_due
from pipelines.notifying.notices import ask, decide
from pipelines.notifying.reminders import remind
from pipelines.published import read
from tests.conftest import LAST_EDITION, Build
from tests.house import ROOT, House
from tests.tier import IS_LONG

EDITIONS = 90
LIVE = 9  # a week and both its ends: briefs and digests of each kind fall into it


@pytest.fixture
def told(replayed: House, stocked: House, once: Callable[[str, Build], Path], tmp_path: Path) -> Settings:
    """The replayed city; in the long form ninety editions of it."""
    house = replayed
    if IS_LONG:

        def build(folder: Path) -> None:
            first = LAST_EDITION - timedelta(days=EDITIONS - 1)
            stocked.copy(folder / "house").gangshao(
                "run", "--from", first.isoformat(), "--to", LAST_EDITION.isoformat()
            )

        house = House(once("ninety", build) / "house")
    copied = house.copy(tmp_path / "house")
    return Settings(data=copied.data, keys=copied.folder / "keys")


def test_every_open_warning_has_one_reason_a_recipient_and_edition(
    told: Settings, region: Region, tmp_path: Path
) -> None:
    """Only this finds a recipient who is told twice or never by warnings as real runs open and close them."""
    with_editions = open_ledger(told)
    editions = [one.edition for one in recorded_editions(with_editions)]
    stored = reasons(with_editions)
    assert set(stored["reason"]) <= {"retrospective", "not_in_scope"}
    for edition in editions:
        _has_one_each(stored, edition, region, told)
    with_editions.close()

    if not IS_LONG:
        editions = editions[-LIVE:]
    # The same editions told as if each had been run on its morning, with nobody answering.
    ledger = open_ledger(Settings(data=tmp_path / "live"))
    for edition in editions:
        now = region.instant(edition.day, time(7, 30))
        decide(edition, is_replay=False, ledger=ledger, region=region, settings=told, now=now)
        for hour in (9, 11, 14, 17):
            remind(edition, ledger, region, told, region.instant(edition.day, time(hour)))
        send_due(edition, ledger, region, told, now)
    stored = reasons(ledger)
    for edition in editions:
        _has_one_each(stored, edition, region, told)
    notices = [one for one in recorded_notices(ledger) if one.is_due]
    assert max(Counter((one.address, one.day) for one in notices if one.purpose == Purpose.DIGEST).values()) == 1
    assert not any(one.purpose == Purpose.DIGEST and not region.is_workday(one.day) for one in notices)
    table = _table(notices, stored)
    (ROOT / "build").mkdir(exist_ok=True)
    (ROOT / "build" / f"mails-of-{len(editions)}-editions.txt").write_text(table, encoding="utf-8")
    print(table)
    ledger.close()
    read.close()


def _has_one_each(stored: pd.DataFrame, edition: Edition, region: Region, settings: Settings) -> None:
    everywhere = recipient_viewer(frozenset[str]().union(*(one.areas for one in offices(region))))
    shown = ask("mail_warning", everywhere, edition, settings)
    opened = shown.loc[shown["status"] == "open", "episode_id"]
    own = stored[(stored["edition_id"] == edition.edition_id) & stored["episode_id"].isin(opened)]
    found = list(zip(own["office_id"], own["address"], own["episode_id"], strict=True))
    wanted = product((one.key for one in recipients(region, edition.day)), opened)
    assert Counter(found) == Counter((*key, episode_id) for key, episode_id in wanted)


def _table(notices: list[Notice], stored: pd.DataFrame) -> str:
    """Mails an office and week, mails by purpose, and how often each reason was given."""
    frame = pd.DataFrame(
        [(one.office_id, one.day, one.purpose) for one in notices], columns=["office", "day", "purpose"]
    )
    week = pd.to_datetime(frame["day"]).dt.strftime("%G-W%V")
    by_week = frame.groupby(["office", week]).size().unstack(fill_value=0)
    by_purpose = frame.groupby(["office", "purpose"]).size().unstack(fill_value=0)
    return "\n\n".join(one.to_string() for one in (by_week, by_purpose, stored["reason"].value_counts()))
