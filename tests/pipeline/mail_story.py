"""A warning of one county and who is told of it: what the timelines of mails share."""

import shutil
from datetime import date, datetime, time, timedelta
from pathlib import Path

from pipelines.core.domain import Level, Role, State, Viewer
from pipelines.core.region import load as regions
from pipelines.core.region.load import Region
from pipelines.ledger import Ledger
from pipelines.ledger.audit_trail.trail import ActContext, Actor
from pipelines.ledger.notifications.notice import recorded_notices
from pipelines.ledger.notifications.notification_state import reasons
from pipelines.ledger.workflow.acknowledgement import acknowledge
from pipelines.ledger.workflow.steps import Ground, Subject, apply_transition
from pipelines.notifying.outbox import send
from tests.permitted import PERMISSIONS
from tests.pipeline.mail_city import REGION, City, edition, parsed, part
from tests.pipeline.timeline import Timeline

MONDAY = date(2026, 11, 9)
CLERK, HEAD = "jiuye@dongchangfu.example.com", "juzhang@dongchangfu.example.com"
DUTY, ANALYST, LEADER = (f"{name}@liaocheng.example.com" for name in ("zhiban", "jiuye", "fenguan"))
SERIES = ("371502", "C")
EPISODE = "371502C1"


def why(ledger: Ledger, address: str, episode_id: str = EPISODE) -> list[str]:
    rows = reasons(ledger, episode_id=episode_id)
    return [str(reason) for reason in rows.loc[rows["address"] == address].sort_values("edition_id")["reason"]]


def at(day: date, clock: str) -> datetime:
    return REGION.instant(day, time.fromisoformat(clock))


def without(folder: Path, *addresses: str) -> Region:
    """The region when these addresses are not on the list of recipients."""
    place = Path(shutil.copytree(REGION.folder, folder / "region"))
    table = place / "recipients.csv"
    lines = table.read_text(encoding="utf-8").splitlines()
    kept = [line for line in lines if not any(address in line for address in addresses)]
    table.write_text("\n".join(kept) + "\n", encoding="utf-8")
    return regions.load(place)


def taken_on(ledger: Ledger, level: int, now: datetime, days: int = 7, day: date = MONDAY) -> int:
    viewer = Viewer(Role.COUNTY_CLERK, frozenset({"371502"}))
    subject = Subject(EPISODE, edition(day).edition_id, "371502", Level(level))
    return acknowledge(
        ledger, PERMISSIONS, ActContext(viewer, Actor("岗位甲", "test"), now), subject, "dongchangfu", "岗位甲", days
    )


def moved(
    ledger: Ledger, to: State, role: Role, level: int, now: datetime, note: str = "已核实", **ground: str
) -> None:
    viewer = Viewer(role, frozenset({"371502"}) if role in {Role.COUNTY_HEAD, Role.COUNTY_CLERK} else frozenset())
    subject = Subject(EPISODE, edition(REGION.local_day(now)).edition_id, "371502", Level(level))
    apply_transition(
        ledger, REGION.transition, ActContext(viewer, Actor("某人", "test"), now, note), subject, to, Ground(**ground)
    )


def clerk_mail(city: City, ledger: Ledger, story: Timeline, number: int, office: str = "dongchangfu") -> str:
    """The text of the only mail that an edition sent to an office's first post."""
    send(ledger, city.settings, at(story.days[-1] + timedelta(days=1), "09:00"))
    address = next(one.address for one in recorded_notices(ledger) if one.office_id == office)
    name = edition(story.days[number]).edition_id
    mails = [parsed(path.read_bytes()) for path in city.settings.outbox.glob(f"{name}_{office}_*.eml")]
    (text,) = [part(mail, "plain") for mail in mails if mail["To"] == address]
    return text
