"""What people decided on warnings so far, and which warnings of a backtest would have been about the same."""

from datetime import timedelta

import duckdb
import pandas as pd

from pipelines.core.domain import State
from pipelines.core.region.load import Region
from pipelines.ledger import Ledger
from pipelines.ledger.workflow.steps import handled_episodes, workflow_states

EARLIER_DAYS = 28  # a warning that long before the one people decided on is still about the same
DECIDED = ["area", "industry", "employer", "is_fault", "opened_on", "closed_on", "ruling", "decided_on"]
_OF_INDICATOR = """
    select episode_id, area, industry, case when kind = 'event' then coalesce(employer, '') else '' end as employer,
        kind = 'data_fault' as is_fault, cast(opened_on as timestamp) as opened_on,
        cast(closed_on as timestamp) as closed_on
    from episode where indicator = $indicator and known_to is null"""


def decided(con: duckdb.DuckDBPyConnection, ledger: Ledger, region: Region, indicator: str) -> pd.DataFrame:
    """The warnings about an indicator that people confirmed or dismissed; ``con`` is the warehouse.

    Returns columns DECIDED: employer (of one employer's event, else empty), is_fault (about its data, not what they
    say), ruling (confirmed, dismissed: what stands), decided_on (local day). Who confirmed and dismissed later has
    dismissed.
    """
    told = con.execute(_OF_INDICATOR, {"indicator": indicator}).df()
    with ledger.reading() as connection:
        stand = workflow_states(
            connection, told.loc[told["episode_id"].isin(list(handled_episodes(connection))), "episode_id"]
        )
    rows = []
    for episode_id, at in stand.items():
        ruling = State.DISMISSED if at.state is State.DISMISSED else State.CONFIRMED
        since = at.entered(ruling)
        if since is not None:
            rows.append((episode_id, ruling.value, pd.Timestamp(region.local_day(since))))
    said = pd.DataFrame(rows, columns=["episode_id", "ruling", "decided_on"])
    return told.merge(said, on="episode_id")[DECIDED]


def of_cases(cases: pd.DataFrame, by_people: pd.DataFrame) -> pd.DataFrame:
    """Case by case what people decided on the warning about the same, nearest in time.

    ``cases``: area, industry, employer, is_fault, opened_on; ``by_people``: as of ``decided``. The same is the same
    series (or employer's event), from EARLIER_DAYS before that warning opened to the day it closed. Returns
    ruling and decided_lead_days (whole days from the case to the decision; negative: after it), None where nobody
    decided, on the cases' index.
    """
    same = ["area", "industry", "employer", "is_fault"]
    pairs = cases.rename_axis("case").reset_index().merge(by_people, on=same, suffixes=("", "_there"))
    at = pd.to_datetime(pairs["opened_on"])
    begins, ends = pd.to_datetime(pairs["opened_on_there"]), pd.to_datetime(pairs["closed_on"])
    near = (at >= begins - timedelta(days=EARLIER_DAYS)) & (ends.isna() | (at <= ends))
    met = pairs.assign(apart=(at - begins).abs(), lead=(pd.to_datetime(pairs["decided_on"]) - at).dt.days)[near]
    met = met.sort_values(["apart", "lead"]).drop_duplicates("case").set_index("case").reindex(cases.index)
    told = pd.DataFrame({"ruling": met["ruling"], "decided_lead_days": met["lead"].astype("Int64")}).astype(object)
    return told.where(told.notna(), None)
