"""The test mail: once a month, so that an address nobody reads is found before it matters."""

from datetime import date

from pipelines.core.domain import Role
from pipelines.core.region.load import Region
from pipelines.ledger import Ledger
from pipelines.ledger.notifications.notice import Purpose
from pipelines.notifying.audience import Recipient
from pipelines.notifying.calendar_mails import CalendarMail, Fields, month_key
from pipelines.notifying.occasion import Occasion


class MonthlyTest(CalendarMail):
    """Due on the first workday of a month to everybody."""

    purpose = Purpose.TEST
    title = "测试邮件"
    posts = frozenset(Role)
    is_of_edition = False

    def key(self, region: Region, day: date) -> str | None:
        """As of ``CalendarMail``."""
        return month_key(region, day)

    def fields(self, given: Occasion, ledger: Ledger, to: Recipient, key: str) -> Fields:
        """As of ``CalendarMail``."""
        del given, ledger
        return {"subject": f"[测试邮件] {to.office.name} {key}，收到无须回复"}


KIND = MonthlyTest()
