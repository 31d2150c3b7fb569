"""The kinds of mail, one a file; each file's KIND is found by being there under its purpose."""

from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import TYPE_CHECKING

from pipelines.ledger.notifications.notice import Purpose

if TYPE_CHECKING:
    from pipelines.notifying.mail_kind import MailKind


@cache
def mail_kinds() -> "dict[Purpose, MailKind]":
    """All kinds by purpose, in the order of the purposes."""
    found = {
        kind.purpose: kind for kind in (import_module(f"{__name__}.{one.name}").KIND for one in iter_modules(__path__))
    }
    return {purpose: found[purpose] for purpose in Purpose}
