"""What a region keeps secret: from how many respondents on a figure may be told, what an office may see of others."""

from collections.abc import Mapping
from dataclasses import dataclass, fields

from pipelines.core.domain import UserError

_OFFICE = ("city_totals", "own_rank")
_MOST = 100  # beyond it no band of a warning would be left


@dataclass(frozen=True)
class DisclosureThresholds:
    """Below which a cell of the general file is hidden: the section ``[disclosure]`` of region.toml.

    The defaults are the project's proposal after 统计法 (2024) art. 28: no material from which a single respondent can
    be told or inferred.
    """

    persons: int = 10
    """A cell rests on at least so many persons; a hidden one must stay open to at least so many numbers."""
    respondents: int = 3
    """A cell rests on at least so many employers, or villages."""
    dominance: float = 0.8
    """No single employer or village brings this share of a cell, or more."""
    p_percent: int = 10
    """Without its two largest, a cell holds at least so many per cent of the largest: what the second leaves open."""


def bounds(settings: Mapping[str, object], where: str) -> DisclosureThresholds:
    """The bounds a region's settings name, else the defaults; ``where``: the file, for the sentence of a UserError."""
    said = settings.get("disclosure", {})
    names = [field.name for field in fields(DisclosureThresholds)]
    if not isinstance(said, dict):
        raise UserError(f"{where}“disclosure”应为一节，请写成 [disclosure]，下面每行一项：{'、'.join(names)}。")
    for name, value in said.items():
        if name not in names:
            raise UserError(f"{where} [disclosure] 中没有“{name}”这一项，只能是 {'、'.join(names)}。")
        is_share = name == "dominance"
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        if is_share and not (is_number and 0.5 <= value < 1):
            raise UserError(f"{where} [disclosure]“{name}”应为 0.5 至 1 之间的小数，例如 0.8，现为 {value!r}。")
        if not is_share and not (is_number and value == int(value) and 2 <= value <= _MOST):
            raise UserError(f"{where} [disclosure]“{name}”应为 2 至 {_MOST} 的整数，现为 {value!r}。")
    return DisclosureThresholds(**said)


def office_sees(settings: Mapping[str, object], where: str) -> frozenset[str]:
    """What an office may see of other areas: ``city_totals``, its ``own_rank`` among them; both unless it is said.

    The section ``[office]`` of region.toml; ``where``: the file, for the sentence of a UserError.
    """
    said = settings.get("office", {})
    if not isinstance(said, dict):
        raise UserError(f"{where}“office”应为一节，请写成 [office]，下面每行一项：{'、'.join(_OFFICE)}。")
    for name, value in said.items():
        if name not in _OFFICE:
            raise UserError(f"{where} [office] 中没有“{name}”这一项，只能是 {'、'.join(_OFFICE)}。")
        if not isinstance(value, bool):
            raise UserError(f"{where} [office]“{name}”应为 true 或 false，现为 {value!r}。")
    return frozenset(name for name in _OFFICE if said.get(name, True))
