"""Why rows of a file went back, in a few sentences; the error sheet and the list of quarantined rows say all of it."""

from collections import defaultdict
from collections.abc import Collection

import duckdb

_SHOWN = 3


def why_returned(connection: duckdb.DuckDBPyConnection, drop_ids: Collection[str]) -> dict[str, list[str]]:
    """Of each of these drops the first row of each kind of mistake and how many rows have it, the commonest first.

    Rows that went back only because the whole file did are not counted. A sentence says how many kinds are left out.
    """
    if not drop_ids:
        return {}
    kinds: dict[str, list[str]] = defaultdict(list)
    for drop_id, reason, rows in connection.execute(_KINDS, {"drops": list(drop_ids)}).fetchall():
        kinds[drop_id].append(f"{reason}（这类问题共 {rows} 行）" if rows > 1 else reason)
    return {
        drop_id: said[:_SHOWN] + ([f"另有 {len(said) - _SHOWN} 类问题。"] if len(said) > _SHOWN else [])
        for drop_id, said in kinds.items()
    }


_KINDS = """
select drop_id, reason, alike
from (
    select
        drop_id, reason, line_number,
        count(*) over (partition by drop_id, rule, column_name) as alike,
        row_number() over (partition by drop_id, rule, column_name order by line_number) as place
    from quarantine
    where list_contains($drops, drop_id) and rule not in ('whole_file', 'file_check')
) as kinds
where place = 1
order by drop_id, alike desc, line_number, reason
"""
