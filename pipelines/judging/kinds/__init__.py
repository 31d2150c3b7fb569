"""The kinds of rules, one a file; each file's KIND is found by being there, its terms stand in core's catalogue."""

from importlib import import_module
from pkgutil import iter_modules

from pipelines.core.catalogue.rule_terms import TERMS
from pipelines.judging.rule_kind import LeadKind, RuleKind, WarningKind


def _load_kinds() -> dict[str, RuleKind]:
    """All kinds in the order of the catalogue's terms, which is the order of their findings."""
    found: dict[str, RuleKind] = {}
    for module in iter_modules(__path__):
        kind = import_module(f"{__name__}.{module.name}").KIND
        found[kind.name] = kind
    if set(found) != set(TERMS):
        raise RuntimeError(f"kinds of rules without terms or without a file: {sorted(set(found) ^ set(TERMS))}")
    return {name: found[name] for name in TERMS}


RULE_KINDS = _load_kinds()
WARNING_KINDS = {name: kind for name, kind in RULE_KINDS.items() if isinstance(kind, WarningKind)}
"""Kinds that open warnings."""
LEAD_KINDS = {name: kind for name, kind in RULE_KINDS.items() if isinstance(kind, LeadKind)}
"""Kinds that name employers to an analyst and open no warning."""
