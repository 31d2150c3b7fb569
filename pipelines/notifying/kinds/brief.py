"""The leaders' daily brief: what is open, what is new since the last workday, what waits."""

from datetime import date, timedelta

from pipelines.core.domain import Role, State
from pipelines.core.region.load import Region
from pipelines.ledger import Ledger
from pipelines.ledger.notifications.notice import Purpose
from pipelines.notifying.audience import Recipient
from pipelines.notifying.calendar_mails import CalendarMail, Fields, count_ended, count_levels, open_rows
from pipelines.notifying.message import week_thread
from pipelines.notifying.occasion import Occasion, frame_fields
from pipelines.notifying.wording import item

_LISTED = 5


class Brief(CalendarMail):
    """Due on every workday to leaders, before working hours."""

    purpose = Purpose.BRIEF
    title = "每日简报"
    posts = frozenset({Role.CITY_LEADER})
    waits_for_work = False

    def key(self, region: Region, day: date) -> str:
        """As of ``CalendarMail``."""
        del region
        return day.isoformat()

    def thread(self, given: Occasion, office_id: str) -> str:
        """As of ``CalendarMail``: the week's digests."""
        return week_thread(office_id, given.edition.day)

    def fields(self, given: Occasion, ledger: Ledger, to: Recipient, _: str) -> Fields:
        """As of ``CalendarMail``."""
        material = given.material(to.office)
        rows, region = open_rows(material), given.region
        since = _workday_before(region, region.local_day(given.now))
        new = rows[rows["opened_on"].astype(str) > since.isoformat()]
        severe = [item(row, "", given.region, given.settings) for row in rows.head(_LISTED).to_dict("records")]
        waiting = int((rows["state"] == State.TO_VERIFY).sum())
        counts = count_levels(rows)
        worst = counts or "没有未解除事项"
        reach = max((one.data_to for one in severe), default=given.region.local_day(given.edition.cutoff_at))
        return {
            **frame_fields(material, reach, given.region),
            "subject": f"[每日简报] {given.region.name_zh} {worst} {given.edition.day.isoformat()}",
            "counts": counts,
            "issued": int(rows["is_issued"].sum()),
            "waiting": waiting,
            "new": len(new),
            **count_ended(material, ledger, since, region),
            "items": severe,
        }


KIND = Brief()


def _workday_before(region: Region, day: date) -> date:
    day -= timedelta(days=1)
    return day if region.is_workday(day) else _workday_before(region, day)
