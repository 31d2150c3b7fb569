"""The mail at once about an urgent warning: a sentence of fact, one action, a small table, the last weeks."""

from pipelines.core.domain import Level
from pipelines.core.region.load import Region
from pipelines.core.settings import Settings
from pipelines.ledger.notifications.notice import NoticeDecision, Purpose, Reason
from pipelines.notifying.audience import Recipient
from pipelines.notifying.chart import bars
from pipelines.notifying.digest import bundle_fields
from pipelines.notifying.mail_kind import (
    MailKind,
    Place,
    Preview,
    draft_planned,
    preview_of,
    waits_until,
    write_planned,
)
from pipelines.notifying.message import Message, week_thread
from pipelines.notifying.occasion import Material, Occasion, frame_fields
from pipelines.notifying.plan import AtOnce, Plan, Unit, name_rise
from pipelines.notifying.wording import LEVEL_NAMES, action, fact, item

_FOLDED_LISTED = 20
_FOLDED_ROSE = "本单位区域有 {risen} 项级别升高，同全市同类情况一并即时通报。"
_BECAUSE = {
    Reason.FIRST: "{level}级别首次出现，单独即时通报。",
    Reason.WORSENED: "级别由{before}升为{level}，单独即时通报。",
    Reason.ISSUED: "{level}预警已正式发布，单独即时通报。",
}


class Immediate(MailKind):
    """Due at once about orange and red warnings that are new, worse or issued; red at any hour."""

    purpose = Purpose.IMMEDIATE
    title = "即时通报"

    def draft(self, given: Occasion, plan: Plan) -> list[NoticeDecision]:
        """The decisions of a plan's mails at once, with the mails."""
        decisions = []
        levels, waits = given.board.rows["level"].to_numpy(), waits_until(given, plan)
        for mail in plan.at_once:
            told = mail.rows & plan.told.is_own
            content = {str(one): int(level) for one, level in zip(given.board.ids[told], levels[told], strict=True)}
            not_before = None if mail.level is Level.RED else waits
            message = self.write(given, plan, mail)
            decisions.append(draft_planned(given, plan, mail.reason, content, message, not_before, mail))
        return decisions

    def write(self, given: Occasion, plan: Plan, mail: AtOnce) -> Message:
        """A mail about one urgent warning, or several of a level."""
        material = given.material(plan.recipient.office)
        if len(mail.units) == 1:
            fields = immediate_alert_fields(material, plan.recipient, mail.units[0], given.region, given.settings)
            return write_planned(
                given, plan, f"{self.purpose}:{mail.key}", f"episode\n{mail.units[0].head}", "urgent", fields
            )
        because = f"同时有 {len(mail.units)} 项达到这一级别，合并为一封即时通报。"
        chosen = mail.rows & plan.told.is_own
        fields = bundle_fields(material, plan.recipient, plan.told, chosen, because, given.region, given.settings)
        thread = week_thread(plan.recipient.office.office_id, given.edition.day)
        return write_planned(given, plan, f"{self.purpose}:{mail.key}", thread, "digest", fields)

    def preview(self, place: Place) -> tuple[list[Preview], str]:
        """As of ``MailKind``."""
        given = place.occasion(place.now)
        found = [preview_of(one) for plan in place.plans(given) if plan.at_once for one in self.draft(given, plan)]
        return found, "" if found else "橙色、红色事项都已单独通报"


KIND = Immediate()


def immediate_alert_fields(
    material: Material, recipient: Recipient, unit: Unit, region: Region, settings: Settings
) -> dict[str, object]:
    """The fields of the template ``urgent`` about one warning."""
    rows = material.rows.set_index("episode_id", drop=False)
    row = rows.loc[unit.head].to_dict()
    one = item(row, unit.change, region, settings)
    folded = [
        item(member, name_rise(before), region, settings)
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
    return frame_fields(material, one.data_to, region) | {
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
