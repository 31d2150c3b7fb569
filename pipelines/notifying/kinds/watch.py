"""The mail to the duty desk about what is wrong with the system; ``operations.watch`` finds it and writes it."""

from pipelines.ledger.notifications import notice as outbox
from pipelines.ledger.notifications.notice import Purpose
from pipelines.notifying.mail_kind import MailKind, Place, Preview, preview_of
from pipelines.operations import watch


class Watch(MailKind):
    """Due to the duty desk's address, once a day and trouble."""

    purpose = Purpose.WATCH
    title = "系统值守"
    is_of_the_system = True

    def preview(self, place: Place) -> tuple[list[Preview], str]:
        """As of ``MailKind``."""
        if not place.settings.duty_mail:
            return [], "没有设置 GANGSHAO_DUTY_MAIL"
        troubles = watch.find_troubles(place.settings, place.region, place.ledger, place.now)
        found = watch.draft_troubles(troubles, place.settings, place.region, place.now)
        with place.ledger.reading() as connection:
            new = [
                one
                for one in found
                if outbox.find_notice(connection, one.office_id, one.address, one.purpose_key) is None
            ]
        nothing = "今天已经告知值班岗" if found else "一切正常"
        return [preview_of(one) for one in new], "" if new else nothing


KIND = Watch()
