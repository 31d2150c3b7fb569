"""Refuses work by a clock that is ahead: an edition made then would keep all editions of the days before it away."""

from datetime import UTC, datetime, timedelta

from pipelines.core.domain import Edition, UserError
from pipelines.core.region.load import Region
from pipelines.core.settings import Settings
from pipelines.ingest.raw_store import newest_arrival
from pipelines.ledger import Ledger
from pipelines.ledger.editions import recorded_editions


def refuse_clock_ahead(
    settings: Settings, region: Region, ledger: Ledger, now: datetime, *, is_right: bool = False
) -> None:
    """Raise UserError when ``now`` is more than ``clock_days`` of region.toml after anything this folder has seen.

    Seen are ends of runs and arrivals of files. What the dashboard writes does not count: it goes by the same clock.
    Nothing is compared before the first edition, over invented data, or when somebody says that the clock ``is_right``.
    """
    editions = recorded_editions(ledger)
    if is_right or not editions or settings.demonstration_mark.exists():
        return
    ends = [one.finished_at for one in editions]
    arrival = newest_arrival(settings.raw)
    newest = max([*ends, arrival.replace(tzinfo=UTC)] if arrival else ends)
    days = region.timetable.clock_days
    if now - newest > timedelta(days=days):
        raise UserError(
            f"本机时钟是 {_local(region, now)}，比最后一次运行或收到文件（{_local(region, newest)}）晚了"
            f" {(now - newest).days} 天，超过 {days} 天，没有运行；请核对本机时间，"
            "时钟正确（例如停机后）则运行 gangshao run --clock-is-right"
            " (the clock is far ahead of anything known; say so if it is right)"
        )


def ahead_sentence(region: Region, edition: Edition) -> str:
    """What is wrong with an edition that is ahead, and the way out."""
    return (
        f"现行版次 {edition.edition_id} 的数据截止时间 {_local(region, edition.cutoff_at)} 还没有到，"
        f"到那时以前不会有新版次：本机时钟曾经错误；请核对时间，然后收回："
        f"gangshao edition withdraw {edition.edition_id}"
        " (the edition in force lies ahead of now: a clock was wrong)"
    )


def _local(region: Region, at: datetime) -> str:
    return f"{at.astimezone(region.time_zone):%Y-%m-%d %H:%M}"
