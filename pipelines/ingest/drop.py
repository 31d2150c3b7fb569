"""A drop: one file as received, what its name says it speaks for, and the identity that makes repeats harmless."""

import hashlib
from dataclasses import dataclass, replace

from pipelines.domain import Grain, UserError
from pipelines.feeds.contract import Contract, Slice
from pipelines.ingest.text import RefusedError
from pipelines.region import Region

_ID_LENGTH = 16


@dataclass(frozen=True)
class Drop:
    """One file as received: its bytes, the name it came under and what the name says it speaks for.

    ``refusal`` is the sentence when the name cannot be read; then ``named`` is None.
    """

    drop_id: str
    content_hash: str
    file_name: str
    content: bytes
    named: Slice | None
    refusal: str | None


def drop_of(
    content: bytes, file_name: str, contract: Contract, region: Region, content_hash: str | None = None
) -> Drop:
    """Hash a file, unless its hash is known, and find out which drop it is.

    The same content for another slice is another drop. The version counts, so that an old content can be sent again
    as a newer version; the received time does not, so that a repeat is the same drop. A file whose name cannot be read
    is known by content and name.
    """
    content_hash = content_hash or hashlib.sha256(content).hexdigest()
    try:
        named = slice_of(file_name, contract, region)
    except RefusedError as refusal:
        return Drop(_identity(content_hash, contract, file_name), content_hash, file_name, content, None, str(refusal))
    speaks_for = (named.sender, named.period.isoformat(), str(named.version), str(named.is_supplement))
    return Drop(_identity(content_hash, contract, *speaks_for), content_hash, file_name, content, named, None)


def _identity(content_hash: str, contract: Contract, *speaks_for: str) -> str:
    return hashlib.sha256("|".join((content_hash, contract.feed, *speaks_for)).encode()).hexdigest()[:_ID_LENGTH]


def slice_of(file_name: str, contract: Contract, region: Region) -> Slice:
    """What a file speaks for by its name, its sender as a code of the region. Raises RefusedError with the sentence."""
    try:
        named = contract.slice_of(file_name)
    except UserError as error:
        raise RefusedError(str(error)) from error
    sender = region.aliases.get(named.sender)
    if sender is None:
        raise RefusedError(
            f"文件名“{file_name}”中的报送单位“{named.sender}”不是本地区的单位；"
            f"请改为单位代码（如 {region.units[0]}）后重新报送。"
        )
    grain = named.grain if contract.grain else _grain(contract.feed, region, named.grain)
    return replace(named, sender=sender, grain=grain)


def _grain(feed: str, region: Region, written: Grain) -> Grain:
    cadence = region.feeds.loc[region.feeds["feed"] == feed, "cadence"]
    return Grain(cadence.iloc[0]) if len(cadence) and cadence.iloc[0] in set(Grain) else written
