"""A drop: one file as received, what its name says it speaks for, and the identity that makes repeats harmless."""

import hashlib
from dataclasses import dataclass, replace

from pipelines.domain import Grain, Said
from pipelines.feeds.contract import Contract, Slice, SliceError
from pipelines.ingest.forbidden import identifier
from pipelines.ingest.text import RefusedError
from pipelines.region import Region

_ID_LENGTH = 16


@dataclass(frozen=True)
class Drop:
    """One file as received: its bytes, the name it came under and what the name says it speaks for.

    ``refusal`` is what is said when the name cannot be read (then ``named`` is None) or the content may not be kept.
    ``is_keepable``: whether the content may go into raw; what holds forbidden identifiers may not.
    """

    drop_id: str
    content_hash: str
    file_name: str
    content: bytes
    named: Slice | None
    refusal: Said | None
    is_keepable: bool = True


def drop_of(content: bytes, file_name: str, contract: Contract, region: Region) -> Drop:
    """Hash a file and find out which drop it is.

    The same content for another slice is another drop. The version counts, so that an old content can be sent again
    as a newer version; the received time does not, so that a repeat is the same drop. A file whose name cannot be read
    is known by content and name.
    """
    content_hash = hashlib.sha256(content).hexdigest()
    found = identifier(content) if contract.forbids_identifiers else None
    try:
        named = slice_of(file_name, contract, region)
    except RefusedError as refusal:
        drop_id = _identity(content_hash, contract, file_name)
        return Drop(drop_id, content_hash, file_name, content, None, found or refusal.said, found is None)
    speaks_for = (named.sender, named.period.isoformat(), str(named.version), str(named.is_supplement))
    drop_id = _identity(content_hash, contract, *speaks_for)
    return Drop(drop_id, content_hash, file_name, content, named, found, found is None)


def _identity(content_hash: str, contract: Contract, *speaks_for: str) -> str:
    return hashlib.sha256("|".join((content_hash, contract.feed, *speaks_for)).encode()).hexdigest()[:_ID_LENGTH]


def slice_of(file_name: str, contract: Contract, region: Region) -> Slice:
    """What a file speaks for by its name, its sender as a code of the region. Raises RefusedError with the sentence."""
    try:
        named = contract.slice_of(file_name)
    except SliceError as error:
        raise RefusedError(error.said) from error
    grain = named.grain if contract.grain else _grain(contract.feed, region, named)
    sender = region.area_of(named.sender, region.period_end(grain, named.period))
    if sender is None:
        raise RefusedError(
            Said(
                f"文件名“{file_name}”中的报送单位“{named.sender}”当期不是本地区的单位；"
                f"请改为单位代码（如 {region.units[0]}）后重新报送。",
                f"{named.sender}, the sender in the file's name, {file_name}, is no unit of this region in that period;"
                f" write a unit's code, such as {region.units[0]}, and send the file again.",
            )
        )
    return replace(named, sender=sender, grain=grain, period=region.period_start(grain, named.period))


def _grain(feed: str, region: Region, named: Slice) -> Grain:
    """The region's cadence where it is a grain: a name with a day of the week or quarter speaks for all of it."""
    cadence = region.feeds.loc[region.feeds["feed"] == feed, "cadence"]
    grain = Grain(cadence.iloc[0]) if len(cadence) and cadence.iloc[0] in set(Grain) else named.grain
    if named.grain is Grain.MONTH and grain in (Grain.DAY, Grain.WEEK):
        raise RefusedError(
            Said(
                f"文件名只写了月份（{named.period:%Y%m}），而该数据来源每期短于一个月；"
                "请改写为该期内的一天（YYYYMMDD）后重新报送。",
                f"The file's name says a month ({named.period:%Y%m}), but a period of this feed is shorter;"
                " write a day of the period (YYYYMMDD) and send the file again.",
            )
        )
    return grain
