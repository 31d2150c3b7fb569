"""What is told of a file beside its rows, by the command line and the upload page."""

from pipelines.formcheck.error_rows import PROBLEM
from pipelines.formcheck.error_sheet import LINE, REASON
from pipelines.formcheck.validation.outcome import Outcome

_ADDED = {PROBLEM, REASON, LINE}  # by us: an error sheet that was put right is sent as it is


def more_to_say(outcome: Outcome, *, english: bool) -> list[str]:
    """The notes, and the columns that were not read, a sentence each."""
    said = [note.en if english else note.zh for note in outcome.notes]
    if unread := [header for header in outcome.ignored if header not in _ADDED]:
        ignored = "、".join(unread)
        said.append(
            f"Columns outside the contract are ignored: {ignored}." if english else f"约定之外的列已忽略：{ignored}。"
        )
    return said
