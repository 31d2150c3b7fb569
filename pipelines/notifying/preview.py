"""A mail of any purpose as it would be, from the edition in force and the ledger; sends, stores and changes nothing."""

from pipelines.ledger.notifications.notice import Purpose
from pipelines.notifying.kinds import mail_kinds
from pipelines.notifying.mail_kind import Place, Preview

__all__ = ["NAMES", "OF_THE_SYSTEM", "Place", "Preview", "preview"]
NAMES = {purpose: kind.title for purpose, kind in mail_kinds().items()}
OF_THE_SYSTEM = frozenset(purpose for purpose, kind in mail_kinds().items() if kind.is_of_the_system)
"""These go to an address of the settings, not to an office."""


def preview(purpose: Purpose, place: Place) -> tuple[list[Preview], str]:
    """The mails of a purpose, and a sentence on why there are no more; as of ``MailKind.preview``."""
    return mail_kinds()[purpose].preview(place)
