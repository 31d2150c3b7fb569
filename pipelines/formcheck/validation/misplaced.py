"""Files that lie in the folder of a feed they are not of: whether they name persons, and which folder is theirs."""

from pipelines.core.domain import Said
from pipelines.core.region.load import Region
from pipelines.feeds import contracts
from pipelines.feeds.contract import Contract
from pipelines.formcheck.parsing.container import Container
from pipelines.formcheck.parsing.encoding import RefusedError
from pipelines.formcheck.parsing.grid import grid
from pipelines.formcheck.parsing.text import understand
from pipelines.formcheck.recognise import fitting_feed, named_feed
from pipelines.formcheck.validation.forbidden import person


def folder_of(file_name: str, contract: Contract, fits: str = "") -> Said | None:
    """Where a file belongs by its headers (``fits``: the feed) or its name; None when that is not another feed."""
    feed = fits or named_feed(file_name)
    if not feed or feed == contract.feed:
        return None
    title = contracts()[feed].title
    return Said(
        f"这像是“{title}”的文件，请放入 inbox/{feed}/ 重新报送。",
        f"this looks like a file of {feed}: put it into inbox/{feed}/ and send it again.",
    )


def persons_of(
    content: bytes, file_name: str, contract: Contract, region: Region, packed: Container | None, *, is_refused: bool
) -> Said | None:
    """What is said of a file that names persons though its feed is about none; such a content must not be kept.

    ``is_refused``: it is known already that the file goes back.
    """
    workbook = packed.workbook if packed is not None else None
    found, is_certain = person(content, workbook)
    if found is None or not (is_certain or is_refused or not _fits(content, packed, contract, region)):
        return None
    folder = folder_of(file_name, contract, fitting_feed(content, packed, region)) or _TAKE_OUT
    return Said(
        f"{found.zh}，而“{contract.title}”不收个人信息：整份退回，内容不予保留。{folder.zh}",
        f"{found.en}, but this feed takes nothing about persons: the file is refused whole and not kept; {folder.en}",
    )


def _fits(content: bytes, packed: Container | None, contract: Contract, region: Region) -> bool:
    try:
        if packed is not None and packed.workbook is not None:
            grid(packed.workbook, contract, region)
        else:
            understand(content, contract, region)
    except RefusedError:
        return False
    return True


_TAKE_OUT = Said("请删去姓名、身份证号等个人信息后重新报送。", "delete names and identity numbers, and send it again.")
