"""The mail of one urgent warning: a sentence of fact, one action, a small table, the last weeks, what is folded in."""

from collections.abc import Mapping
from dataclasses import dataclass

from pipelines.core.domain import Level
from pipelines.core.region.load import Region
from pipelines.core.settings import Settings
from pipelines.ledger.notifications.notice import Reason
from pipelines.notifying.audience import Recipient
from pipelines.notifying.chart import bars
from pipelines.notifying.digest import ISSUED, NEW, RAISED, Material, framing
from pipelines.notifying.wording import LEVEL_NAMES, action, fact, item

_FOLDED_LISTED = 20
_FOLDED_ROSE = "本单位区域有 {risen} 项级别升高，同全市同类情况一并即时通报。"
_BECAUSE = {
    Reason.FIRST: "{level}级别首次出现，单独即时通报。",
    Reason.WORSENED: "级别由{before}升为{level}，单独即时通报。",
    Reason.ISSUED: "{level}预警已正式发布，单独即时通报。",
}


@dataclass(frozen=True)
class Unit:
    """One urgent warning, a row of the office's material, with the rows folded into it that are this office's.

    ``before``: the level at which it was told before, 0 where it was not; ``folded`` has that of each folded row.
    """

    head: str
    folded: Mapping[str, int]
    reason: Reason
    before: int

    @property
    def change(self) -> str:
        """What changed of the one itself, in a word."""
        return ISSUED if self.reason is Reason.ISSUED else _rise(self.before) or NEW

    @property
    def risen(self) -> int:
        """How many of the folded were told before: they are told again because they rose."""
        return sum(before > 0 for before in self.folded.values())


def urgent(
    material: Material, recipient: Recipient, unit: Unit, region: Region, settings: Settings
) -> dict[str, object]:
    """The fields of the template ``urgent`` about one warning."""
    rows = material.rows.set_index("episode_id", drop=False)
    row = rows.loc[unit.head].to_dict()
    one = item(row, unit.change, region, settings)
    folded = [
        item(member, _rise(before), region, settings)
        for member, before in zip(rows.loc[list(unit.folded)].to_dict("records"), unit.folded.values(), strict=True)
    ]
    is_of_others = bool(folded) and row["area"] not in material.office.areas
    signs = recipient.signs(region.permissions, str(row["area"]), region.city)
    size = f"，{one.people}" if one.people else f"，{one.observed}" if one.observed else ""
    part = f"，并入 {len(folded)} 项" if folded else ""
    part += f"（升级 {unit.risen} 项）" if unit.risen else ""
    level = LEVEL_NAMES[Level(one.level)]
    before = LEVEL_NAMES[Level(unit.before)] if unit.before else ""
    because = _FOLDED_ROSE if is_of_others and unit.risen else _BECAUSE[unit.reason]
    return framing(material, one.data_to, region) | {
        "subject": f"{one.tag} {one.what} {unit.change}{size}{part} 数据截至{one.data_to.isoformat()}",
        "item": one,
        "fact": fact(row, one),
        "action": f"逐项核实并签收下列并入的 {len(folded)} 项。" if is_of_others else action(row, region, signs=signs),
        "link": folded[0].link if is_of_others else one.link,
        "because": because.format(level=level, before=before, risen=unit.risen),
        "bars": bars(material.trend, str(row["indicator"]), str(row["area"]), str(row["unit"])),
        "folded": folded[:_FOLDED_LISTED],
        "unlisted": max(len(folded) - _FOLDED_LISTED, 0),
    }


def _rise(before: int) -> str:
    return f"由{LEVEL_NAMES[Level(before)]}{RAISED}" if before else ""
