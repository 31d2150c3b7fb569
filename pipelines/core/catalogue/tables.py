"""Every table of the warehouse and of the published files, one ``Table`` each; those of facts follow from contracts."""

from collections.abc import Mapping
from functools import cache

from pipelines.core.catalogue.confidential_tables import CONFIDENTIAL
from pipelines.core.catalogue.sum_tables import SUMS
from pipelines.core.catalogue.table import Clock, Origin, Readers, Table, fact_table
from pipelines.feeds import contracts

_SERIES_PERIOD = ("indicator", "area", "industry", "cohort", "grain", "period")
_SENDER_OF_DROP = "(select r.sender from {source}.drop_register as r where r.drop_id = t.drop_id)"


def _reference(name: str, about: str, definition: str, *key: str) -> Table:
    return Table(name, about, definition, key, Clock.TIMELESS, origin=Origin.REFERENCE, readers=Readers.GENERAL)


_OWN = (
    Table(
        "manifest",
        "Facts about the published file itself.",
        "key varchar primary key, value varchar",
        ("key",),
        Clock.TIMELESS,
        origin=Origin.PUBLISHING,
        readers=Readers.GENERAL,
    ),
    _reference(
        "place",
        "Areas of the region: the city, its reporting units, the county view.",
        "code varchar primary key, name varchar, short_name varchar, level varchar, parent varchar, "
        "county_view varchar, residents double [people], sort integer",
        "code",
    ),
    _reference(
        "industry",
        "Sections and divisions of the industrial classification, the total and the unknown member.",
        "code varchar primary key, name varchar, level varchar, parent varchar",
        "code",
    ),
    _reference(
        "indicator",
        "The catalogue, read from the headers of pipelines/sql/indicators.",
        "indicator varchar primary key, title_zh varchar, title_en varchar, unit varchar, worse varchar, "
        "grains varchar, clock varchar, by_dims varchar, formula varchar, source varchar, feed varchar, "
        "is_ratio boolean, scale double, sort integer, shown varchar",
        "indicator",
    ),
    _reference(
        "rule",
        "Rules as reference data, one row a rule and level; status says whether its indicator exists at all.",
        "rule_id varchar, title varchar, kind varchar, indicator varchar, scope varchar, level integer, "
        "min_strength double [standard deviations], min_ratio double, min_people double [people], line double, "
        "margin double, min_base double [people], window_days integer [days], leave_after integer [periods], "
        "basis varchar, effective_from date, effective_to date, is_enabled boolean, status varchar, max_p double, "
        "window_periods integer [periods], enter_k integer [periods], enter_n integer [periods], "
        "leave_line double, cool_down_days integer [days], raise_by integer [levels], author varchar, "
        "approver varchar, cohort varchar, staff_least integer [people], staff_most integer [people], "
        "industries varchar",
        "rule_id",
        "level",
    ),
    Table(
        "edition",
        "Runs that have been computed; cutoff_at UTC.",
        "edition_id varchar primary key, day date, number integer, cutoff_at timestamp",
        ("edition_id",),
        Clock.EDITION,
        readers=Readers.GENERAL,
    ),
    Table(
        "reading",
        "The value of one series in one period, what its largest and second largest unit bring (the second of "
        "respondents only; NULL in rows of before there was the column), as known from known_from until known_to "
        "(cut-offs of editions, UTC).",
        "indicator varchar not null, area varchar not null, industry varchar not null, cohort varchar not null, "
        "grain varchar not null, period date not null, numerator double, denominator double, value double, "
        "units integer [respondents], largest_unit double, reporting integer [files], due integer [files], "
        "is_provisional boolean, is_suppressed boolean, known_from timestamp not null, known_to timestamp, "
        "second_unit double",
        _SERIES_PERIOD,
        Clock.VINTAGE,
        readers=Readers.GENERAL,
        owner="t.area",
    ),
    Table(
        "episode",
        "An early warning, its machine side, as known from known_from until known_to (cut-offs of editions, UTC). "
        "rule_hash: of the rule as it judged the evidence that is shown.",
        "episode_id varchar not null, rule_id varchar, kind varchar, indicator varchar, area varchar, "
        "industry varchar, employer varchar, employer_name varchar, level integer, status varchar, "
        "opened_on date, changed_on date, closed_on date, close_reason varchar, window_from date, window_to date, "
        "data_to date, observed double, expected double, lo double, "
        "hi double, p double, people double [people], line double, observed_band varchar, "
        "people_band varchar, quiet_periods integer [periods], judged_to date, known_from timestamp not null, "
        "known_to timestamp, rule_hash varchar",
        ("episode_id",),
        Clock.VINTAGE,
        readers=Readers.GENERAL,
        owner="t.area",
        ends_missing=False,
    ),
    Table(
        "roster",
        "What should have come, and whether it did, as known from known_from until known_to (cut-offs of editions, "
        "UTC). rows_quarantined: rows sent back of the files that speak for the slot; more than none means partly "
        "quarantined.",
        "feed varchar not null, area varchar not null, period date not null, grain varchar, due_at timestamp, "
        "status varchar, received_at timestamp, rows_quarantined integer [rows], known_from timestamp not null, "
        "known_to timestamp",
        ("feed", "area", "period"),
        Clock.VINTAGE,
        readers=Readers.GENERAL,
        owner="t.area",
        compared=("status", "received_at", "rows_quarantined"),
        ends_missing=False,
    ),
    Table(
        "suppression",
        "A cell hidden in the general file, and why: small, shared (with another table), grain (weeks), complement, "
        "revised.",
        "indicator varchar not null, area varchar not null, industry varchar not null, cohort varchar not null, "
        "grain varchar not null, period date not null, reason varchar, known_from timestamp not null, "
        "known_to timestamp",
        (*_SERIES_PERIOD, "known_from"),
        Clock.VINTAGE,
        origin=Origin.PUBLISHING,
        readers=Readers.GENERAL,
        owner="t.area",
    ),
    Table(
        "corroboration",
        "What another source says of an open warning in one edition: agrees, disagrees, unclear, silent. "
        "by_industry: the series it speaks of; strength: standard deviations beyond its usual (restricted file "
        "only); agreement: what all sources of the warning together say: single, corroborated, consistent, "
        "conflicting (steps/agreement.sql).",
        "edition_id varchar not null, day date, episode_id varchar, area varchar, industry varchar, "
        "source varchar, by_indicator varchar, by_industry varchar, says varchar, "
        "strength double [standard deviations], data_to date, agreement varchar",
        ("edition_id", "episode_id", "area", "industry", "source", "by_indicator", "by_industry"),
        Clock.EDITION,
        readers=Readers.GENERAL,
        owner="t.area",
    ),
    Table(
        "announced_event",
        "A policy or shutdown in force that bears on jobs (notice, item 24), as known from known_from until "
        "known_to. area and industry may be totals; to_on is null while no end is known. The general file has "
        "neither jobs nor employers.",
        "event_id varchar not null, kind varchar, title varchar, area varchar not null, industry varchar, "
        "from_on date, to_on date, jobs integer [jobs], employers integer [employers], source varchar, "
        "known_from timestamp not null, known_to timestamp",
        ("event_id", "area"),
        Clock.VINTAGE,
        readers=Readers.GENERAL,
        owner="t.area",
    ),
    Table(
        "score",
        "How improbable the last periods of a series were in the eyes of one edition: observed and expected people "
        "of a window (of a ratio its numerator, the rates beside it); is_provisional: not all that was due in it "
        "has been reported; reason: the part of the calendar that brings most of factor_mean, empty where it has no "
        "such parts.",
        "edition_id varchar not null, day date, indicator varchar, area varchar, industry varchar, "
        "cohort varchar, grain varchar, window_periods integer [periods], window_from date, data_to date, "
        "observed double [people], expected double [people], variance double, p double, "
        "strength double [standard deviations], state varchar, level_mean double, factor_mean double, "
        "is_provisional boolean, rate double, rate_expected double, reason varchar",
        ("edition_id", "indicator", "area", "industry", "cohort", "grain", "window_periods", "window_from"),
        Clock.STANDING,
        readers=Readers.OFFICE,
        owner="t.area",
    ),
    Table(
        "forecast",
        "Expected value and interval of coming periods, and the day it was made.",
        "edition_id varchar not null, made_on date, indicator varchar, area varchar, industry varchar, "
        "cohort varchar, grain varchar, period date, horizon integer [periods], expected double, lo80 double, "
        "hi80 double, lo95 double, hi95 double",
        ("edition_id", *_SERIES_PERIOD, "horizon"),
        Clock.STANDING,
        readers=Readers.OFFICE,
        owner="t.area",
    ),
    Table(
        "nowcast",
        "What a provisional reading will probably be once everybody has reported, in the eyes of one edition: "
        "likely value with the range of eight in ten, from so many past provisional readings of settled periods.",
        "edition_id varchar not null, made_on date, indicator varchar, area varchar, industry varchar, "
        "cohort varchar, grain varchar, period date, value double, reporting integer [files], "
        "due integer [files], likely double, lo double, hi double, samples integer [readings]",
        ("edition_id", *_SERIES_PERIOD),
        Clock.EDITION,
        readers=Readers.OFFICE,
        owner="t.area",
    ),
    Table(
        "revision",
        "A reading of a period that was over and had been told, and that says something else since this edition, "
        "and why: arrived (on time), late, corrected, supplemented, withdrawn, confirmed, reread, reversed, "
        "recomputed; commas between.",
        "edition_id varchar not null, day date, indicator varchar, area varchar, industry varchar, "
        "cohort varchar, grain varchar, period date, value_before double, value double, is_provisional boolean, "
        "reason varchar, files varchar",
        ("edition_id", *_SERIES_PERIOD),
        Clock.EDITION,
        readers=Readers.OFFICE,
        owner="t.area",
    ),
    Table(
        "model_quality",
        "How good the forecasts and judgements of an indicator were lately, in the eyes of the first edition of a "
        "month: a share over the last 91 days, that of the year before, what it should be, how many independent "
        "sums it rests on, and whether it drifted away by more than chance; then with a sentence.",
        "edition_id varchar not null, day date, indicator varchar, area varchar, figure varchar, value double, "
        "before double, expected double, sums double [sums], is_drift boolean, sentence varchar",
        ("edition_id", "indicator", "area", "figure"),
        Clock.EDITION,
        readers=Readers.OFFICE,
        owner="t.area",
    ),
    Table(
        "area_rank",
        "The place of each unit among those that reported a month in full, 1 = worst; of ratios only.",
        "indicator varchar, area varchar, period date, place bigint, areas bigint",
        ("indicator", "area", "period"),
        Clock.TIMELESS,
        origin=Origin.VIEW,
        readers=Readers.OFFICE,
        owner="t.area",
        needs="own_rank",
    ),
    *SUMS,
    *CONFIDENTIAL,
    Table(
        "drop_register",
        "Every file ever received, accepted or not. received_at, known_at: UTC. A file read again (replay, restate) "
        "has a row of its own from known_at on, with origin_id naming the drop it reads; else origin_id is NULL, "
        "known_at is received_at.",
        "drop_id varchar primary key, origin_id varchar, content_hash varchar not null, feed varchar not null, "
        "sender varchar, period date, grain varchar, version integer, is_supplement boolean, "
        "received_at timestamp not null, known_at timestamp not null, is_backfilled boolean, file_name varchar, "
        "encoding varchar, rows_total integer [rows], rows_accepted integer [rows], "
        "rows_quarantined integer [rows], control_total double, status varchar not null, reason varchar, "
        "reason_en varchar",
        ("drop_id",),
        Clock.RECEIVED,
        readers=Readers.OFFICE,
        owner="t.sender",
    ),
    Table(
        "quarantine",
        "Refused rows, with the line of the file, the column, the rule and what to do; identity and name masked by "
        "column.",
        "drop_id varchar not null, line_number integer not null, column_name varchar, rule varchar not null, "
        "value_masked varchar, reason varchar not null, reason_en varchar not null, raw_masked varchar",
        ("drop_id", "line_number", "column_name"),
        Clock.DROP,
        readers=Readers.OFFICE,
        owner=_SENDER_OF_DROP,
    ),
    Table(
        "layoff_lead",
        "An employer for an analyst to look at (劳动合同法 41), as one edition saw it; confidential, for the bureau "
        "alone. unreported: people left without a report; early: the planned day is too soon after staff were told; "
        "rehire: people were taken on within six months of a layoff. people: leavers, planned or joined; reported: "
        "planned in reports in force. rule_hash: of the rule as it judged.",
        "edition_id varchar not null, day date, rule_id varchar, kind varchar, employer varchar, "
        "employer_name varchar, area varchar, industry varchar, window_from date, window_to date, "
        "people double [people], reported double [people], staff double [people], ratio double, "
        "expected double, p double, told_on date, effective_on date, returned double [people], "
        "rule_hash varchar",
        ("edition_id", "rule_id", "kind", "employer"),
        Clock.EDITION,
        readers=Readers.BUREAU,
        owner="t.area",
    ),
    Table(
        "release",
        "A table (indicator and cohort) of one period as it was told to the general audience, at the cut-off of an "
        "edition, UTC.",
        "indicator varchar not null, cohort varchar not null, grain varchar not null, period date not null, "
        "released_at timestamp not null",
        ("indicator", "cohort", "grain", "period", "released_at"),
        Clock.ONCE,
        origin=Origin.PUBLISHING,
        readers=Readers.DOOR,
    ),
    Table(
        "checked_month",
        "Months of the general file that the attacker check found protected, with a digest of all that was told of "
        "them then.",
        "month date not null, digest varchar not null",
        ("month",),
        Clock.ONCE,
        origin=Origin.PUBLISHING,
        readers=Readers.DOOR,
    ),
    Table(
        "withheld",
        "A told figure of the city kept from the office of these areas: what is left without its own rests on too few.",
        "areas varchar not null, indicator varchar not null, industry varchar not null, cohort varchar not null, "
        "grain varchar not null, period date not null, known_from timestamp not null",
        ("areas", "indicator", "industry", "cohort", "grain", "period", "known_from"),
        Clock.ONCE,
        origin=Origin.PUBLISHING,
        readers=Readers.DOOR,
    ),
    Table(
        "finding",
        "One rule met by one series or record on one day. level_alone: the level without what other sources say of "
        "it; waits_for: why it opens no warning yet (more periods, the end of a cool-down). rule_hash: of the rule "
        "as it judged.",
        "edition_id varchar not null, day date, rule_id varchar, kind varchar, indicator varchar, area varchar, "
        "industry varchar, employer varchar, employer_name varchar, level integer, window_from date, "
        "window_to date, data_to date, observed double, expected double, lo double, "
        "hi double, p double, strength double [standard deviations], people double [people], "
        "line double, explained_by varchar, evidence varchar, level_alone integer, waits_for varchar, "
        "rule_hash varchar",
        ("edition_id", "rule_id", "area", "industry", "employer", "window_from"),
        Clock.EDITION,
    ),
    Table(
        "drop_act",
        "What a person decided about a drop: confirm a held one, withdraw one. acted_at UTC; the ledger holds the "
        "original.",
        "act_id integer primary key, drop_id varchar not null, kind varchar not null, "
        "acted_at timestamp not null, actor varchar, reason varchar",
        ("act_id",),
        Clock.ONCE,
    ),
    Table(
        "register_mark",
        "How much of the list of arrivals (raw/register.jsonl) is in drop_register: its first bytes, a digest that "
        "tells whether they are still the same, and the feeds known then (arrivals of others were passed over). One "
        "row or none; it only saves reading, so it is no part of table hashes.",
        "size bigint not null [bytes], digest varchar not null, feeds varchar not null",
        (),
        Clock.TIMELESS,
    ),
)


@cache
def tables() -> Mapping[str, Table]:
    """All tables by name: our own, then one of facts for each feed."""
    return {table.name: table for table in (*_OWN, *map(fact_table, contracts().values()))}


def published_tables() -> tuple[Table, ...]:
    """What the restricted file holds, and where everybody may read it, the general one, too."""
    return tuple(table for table in _OWN if table.is_published)
