"""Which callbacks there are on the server's side, and what one that is asked for must say."""

from collections.abc import Mapping
from typing import Any


def is_known(callbacks: Mapping[str, Mapping[str, Any]], asked: object) -> bool:
    """Whether a body asks for a callback of these (Dash's map), with its outputs and inputs as Dash writes them."""
    if not isinstance(asked, dict) or not isinstance(asked.get("output"), str):
        return False
    known = callbacks.get(asked["output"])
    if known is None or "callback" not in known or not isinstance(asked.get("changedPropIds"), list):
        return False
    outputs = asked.get("outputs")
    named = [_name(one) for one in (outputs if isinstance(outputs, list) else [outputs])]
    is_several = asked["output"].startswith("..")
    if asked["output"] != (f"..{'...'.join(named)}.." if is_several else named[0] if len(named) == 1 else ""):
        return False
    given = asked.get("inputs")
    wanted = [f"{one['id']}.{one['property']}" for one in known["inputs"]]
    return isinstance(given, list) and [_name(one) for one in given] == wanted


def _name(part: object) -> str:
    return f"{part.get('id')}.{part.get('property')}" if isinstance(part, dict) else ""
