"""The weekly digest of an office: all that is open, by level, and who has taken it on."""

from collections.abc import Mapping
from datetime import date, timedelta

from pipelines.core.domain import Role, State
from pipelines.core.region.load import Region
from pipelines.ledger import Ledger
from pipelines.ledger.notifications.notice import Purpose
from pipelines.notifying.audience import Recipient
from pipelines.notifying.calendar_mails import (
    CalendarMail,
    Fields,
    count_ended,
    count_levels,
    is_first_workday,
    open_rows,
)
from pipelines.notifying.message import week_thread
from pipelines.notifying.occasion import Occasion, frame_fields
from pipelines.notifying.wording import Item, item

_WEEKLY_LISTED = 20


class Weekly(CalendarMail):
    """Due on the first workday of a week to heads, analysts and leaders."""

    purpose = Purpose.WEEKLY
    title = "每周汇总"
    posts = frozenset({Role.COUNTY_HEAD, Role.CITY_ANALYST, Role.CITY_LEADER})

    def key(self, region: Region, day: date) -> str | None:
        """As of ``CalendarMail``."""
        monday = day - timedelta(days=day.weekday())
        year, week, _ = day.isocalendar()
        return f"{year}-W{week:02d}" if is_first_workday(region, monday, day) else None

    def thread(self, given: Occasion, office_id: str) -> str:
        """As of ``CalendarMail``: the week's digests."""
        return week_thread(office_id, given.edition.day)

    def fields(self, given: Occasion, ledger: Ledger, to: Recipient, _: str) -> Fields:
        """As of ``CalendarMail``."""
        material = given.material(to.office)
        rows = open_rows(material)
        since = given.edition.day - timedelta(days=7)
        new = rows[rows["opened_on"].astype(str) > since.isoformat()]
        listed: list[Item] = [
            item(row, _owner_words(row, to.office.office_id), given.region, given.settings)
            for row in rows.head(_WEEKLY_LISTED).to_dict("records")
        ]
        reach = max((one.data_to for one in listed), default=given.region.local_day(given.edition.cutoff_at))
        counts = count_levels(rows)
        return {
            **frame_fields(material, reach, given.region),
            "subject": f"[每周汇总] {to.office.name} {counts or '没有未解除事项'} {given.edition.day.isoformat()}",
            "counts": counts,
            "items": listed,
            "unlisted": len(rows) - len(listed),
            "new": len(new),
            **count_ended(material, ledger, since, given.region),
            "waiting": int((rows["state"] == State.TO_VERIFY).sum()),
        }


KIND = Weekly()


def _owner_words(row: Mapping[object, object], office_id: str) -> str:
    holding = row["silenced"]
    found = holding.get(office_id) if isinstance(holding, dict) else None
    return f"{found.owner} 已签收，至 {found.expires_at:%m-%d}" if found else ""
