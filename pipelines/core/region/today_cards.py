"""Which figures are cards of Today: the section ``[today]`` of region.toml."""

from collections.abc import Mapping

from pipelines.core.domain import UserError
from pipelines.core.sql import SQL


def today_cards(settings: Mapping[str, object], where: str) -> tuple[str, ...]:
    """Names of indicators in the order of the cards; none where the region leaves the choice to the program.

    ``where``: the file, for the sentence of a UserError.
    """
    said = settings.get("today", {})
    if not isinstance(said, dict) or set(said) - {"cards"}:
        raise UserError(f'{where}“today”应为一节，请写成 [today]，下面一行：cards = ["benefit_claim", …]。')
    cards = said.get("cards", [])
    if not isinstance(cards, list) or len(set(map(str, cards))) < len(cards):
        raise UserError(f"{where} [today]“cards”应为指标代号的列表，各写一次，现为 {cards!r}。")
    known = sorted(path.stem for path in (SQL / "indicators").glob("*.sql"))  # a server reads no statement of them
    for name in cards:
        if name not in known:
            raise UserError(f"{where} [today]“cards”中没有名为“{name}”的指标，只能是 {'、'.join(known)}。")
    return tuple(cards)
