"""The events of the published fixture: warnings that rise, fall and end, files that come late, employers."""

from datetime import date, datetime, time, timedelta

import pandas as pd

from tests.dashboard.published_city import CITY, CLOSING, FEEDS, LAST_DAY, LATE, SUSPECTED, City, columns_of


def episodes(city: City) -> pd.DataFrame:
    before, now = city.editions[-2][2], city.editions[-1][2]
    to = LAST_DAY - timedelta(days=1)
    rows: list[dict[str, object]] = []

    def add(number: int, **values: object) -> None:
        base: dict[str, object] = {
            "episode_id": f"w{number:04d}",
            "kind": "spike",
            "industry": "ALL",
            "status": "open",
            "opened_on": to,
            "changed_on": to,
            "window_from": to - timedelta(days=6),
            "window_to": to,
            "data_to": to,
            "known_from": now,
            "known_to": None,
            "quiet_periods": 0,
            "judged_to": to,
        }
        rows.append(base | values)

    claim = {"rule_id": "benefit_claim_spike", "indicator": "benefit_claim"}
    leave = {"rule_id": "insured_leave_spike", "indicator": "insured_leave"}
    closing = {"employer": CLOSING[0], "employer_name": CLOSING[1]}
    add(
        1,
        rule_id="employer_layoff",
        kind="event",
        indicator="layoff_reported",
        area="371503",
        industry="C",
        level=2,
        opened_on=date(2026, 11, 20),
        changed_on=date(2026, 11, 20),
        observed=236.0,
        people=236.0,
        line=200.0,
        observed_band="200–499",
        people_band="200–499",
        known_from=before,
        **closing,
    )
    spike = {**claim, "area": "371503", "industry": "C", "opened_on": date(2026, 11, 21)}
    add(
        2,
        level=3,
        observed=61.0,
        expected=33.1,
        lo=21.0,
        hi=46.0,
        p=3e-5,
        people=28.0,
        observed_band="50–99",
        people_band="20–49",
        changed_on=date(2026, 11, 21),
        known_from=before,
        known_to=now,
        data_to=to - timedelta(days=1),
        **spike,
    )
    add(
        2,
        level=2,
        observed=96.0,
        expected=34.0,
        lo=22.0,
        hi=47.0,
        p=4e-9,
        people=62.0,
        observed_band="50–99",
        people_band="50–99",
        changed_on=LAST_DAY,
        **spike,
    )
    add(
        3,
        area=city.units[-1],
        industry=city.sections[0],
        level=4,
        observed=41.0,
        expected=24.2,
        lo=14.0,
        hi=35.0,
        p=7e-4,
        people=17.0,
        observed_band="20–49",
        people_band="10–19",
        **leave,
    )
    ended = {
        **claim,
        "area": city.units[-1],
        "industry": "ALL",
        "level": 3,
        "opened_on": date(2026, 11, 2),
        "p": 2e-5,
        "observed": 88.0,
        "expected": 55.0,
        "lo": 40.0,
        "hi": 71.0,
        "people": 33.0,
        "observed_band": "50–99",
        "people_band": "20–49",
    }
    add(4, known_from=before, known_to=now, **ended)
    add(
        4,
        **{**ended, "status": "closed", "closed_on": LAST_DAY, "close_reason": "evidence", "observed": 51.0, "p": 0.6},
    )
    add(
        5,
        area=CITY,
        industry="C",
        level=3,
        opened_on=date(2026, 11, 18),
        observed=240.0,
        expected=171.0,
        lo=139.0,
        hi=205.0,
        p=5e-5,
        people=69.0,
        observed_band="200–499",
        people_band="50–99",
        known_from=before,
        **leave,
    )
    add(
        6,
        rule_id="job_loss_rate_level",
        kind="level",
        indicator="job_loss_rate",
        area="371503",
        level=3,
        observed=3.2,
        expected=1.1,
        line=2.0,
        people=310.0,
        opened_on=date(2026, 11, 10),
        changed_on=date(2026, 11, 10),
        window_from=date(2026, 10, 1),
        window_to=date(2026, 10, 31),
        data_to=date(2026, 10, 31),
        observed_band="",
        people_band="200–499",
        known_from=before,
    )
    add(
        7,
        rule_id="employer_layoff",
        kind="event",
        indicator="layoff_reported",
        area=LATE,
        industry="C",
        level=3,
        employer=SUSPECTED[0],
        employer_name=SUSPECTED[1],
        observed=64.0,
        people=64.0,
        line=50.0,
        observed_band="50–99",
        people_band="50–99",
    )
    columns = columns_of("episode")
    return pd.DataFrame(rows).reindex(columns=columns)


def roster(city: City) -> pd.DataFrame:
    rows = []
    end = LAST_DAY - timedelta(days=1)
    before, now = city.editions[-2][2], city.editions[-1][2]
    for feed, grain in FEEDS.items():
        if grain == "month":
            periods = [date(2026, month, 1) for month in (8, 9, 10, 11)]
        else:
            periods = [end - timedelta(days=back) for back in range(29, -2, -1)]
        for area in [CITY] if feed == "vacancy" else city.units:
            for period in periods:
                if grain == "day" and feed != "vacancy" and period.weekday() > 4:
                    continue
                after = timedelta(days=40) if grain == "month" else timedelta(days=1)
                due = datetime.combine(period + after, time(7)) - timedelta(hours=8)
                known = now if period >= end and grain == "day" else before
                status, received = "reported", due - timedelta(hours=7)
                if period > end or (grain == "month" and period.month == 11):
                    status, received = "not_due", None
                elif (feed, area) == ("benefit_claim", LATE) and period >= end - timedelta(days=1):
                    status, received = "missing", None
                elif (feed, period.day) == ("insured_event", 17) and area == city.units[-1]:
                    status, received = "late", due + timedelta(hours=30)
                elif (feed, period.day) == ("insured_event", 12) and area == city.units[0]:
                    status, received = "held", None
                rows.append((feed, area, period, grain, due, status, received, 0, known, None))
    return pd.DataFrame(rows, columns=columns_of("roster"))


def employers(city: City) -> pd.DataFrame:
    since = city.editions[0][2]
    rows = [
        (*CLOSING, "371503", "C", 236, date(2026, 10, 1), since, None, 3, 86400.0, False, None),
        (*SUSPECTED, LATE, "C", 130, date(2026, 10, 1), since, None, 0, None, True, date(2026, 12, 10)),
    ]
    return pd.DataFrame(rows, columns=columns_of("employer"))


def listed(city: City) -> pd.DataFrame:
    """Two key employers: one that an officer serves, one whose list names no post; a third that was taken off."""
    since = city.editions[0][2]
    rows = [
        (*CLOSING, "371503", "C", "规上", "用工服务专员岗", date(2026, 1, 5), None),
        (*CLOSING, "371503", "C", "经贸摩擦", None, date(2026, 6, 1), date(2026, 9, 30)),
        (*SUSPECTED, LATE, "C", "重大项目", None, date(2026, 3, 2), None),
    ]
    frame = pd.DataFrame(
        rows, columns=["employer", "employer_name", "area", "industry", "kind", "officer_post", "from_on", "to_on"]
    )
    return frame.assign(period=date(2026, 10, 1), known_from=since, known_to=None)[columns_of("listed_employer")]


def leads(city: City) -> pd.DataFrame:
    """One employer whose people left without a report, on the list of every edition."""
    said = ("unreported_layoff", "unreported", *SUSPECTED, LATE, "C", date(2026, 10, 25), date(2026, 11, 23), 24, 0,
            130, 24 / 130, 1.5, 1e-9, None, None, None, None)  # fmt: skip
    rows = [(name, day, *said) for name, day, _ in city.editions]
    return pd.DataFrame(rows, columns=columns_of("layoff_lead"))


def agreement(city: City) -> pd.DataFrame:
    """What other sources said of every warning of the story, in every edition."""
    warned = episodes(city).drop_duplicates("episode_id")[["episode_id", "area", "industry"]]
    said = pd.DataFrame(
        [
            ("insurance", "insured_leave", "agrees", 3.1), ("telecom", "telecom_net_outflow", "disagrees", -0.4),
            ("transport", None, "silent", None),
        ],
        columns=["source", "by_indicator", "says", "strength"],
    )  # fmt: skip
    made = pd.DataFrame([(name, day) for name, day, _ in city.editions], columns=["edition_id", "day"])
    rows = made.merge(warned, how="cross").merge(said, how="cross")
    told = rows.assign(by_industry="ALL", data_to=date(2026, 11, 23), agreement="corroborated")
    return told[columns_of("corroboration")]


SMALL_ONE = ("91371503MA3C00004X", "示例建材厂")


def contributors(city: City) -> pd.DataFrame:
    """Who brought the 96 claimants of one warning: the closing factory most of them, another one a few."""
    rows = [(1, *CLOSING, 61.0, 1.5), (2, *SMALL_ONE, 7.0, 2.5), (0, None, None, 28.0, 29.0)]
    frame = pd.DataFrame(rows, columns=["place", "member", "member_name", "observed", "expected"])
    said = {"episode_id": "w0002", "area": "371503", "kind": "employer", "known_from": city.editions[-1][2]}
    return frame.assign(**said, known_to=None)[columns_of("contributor")]


def drops(city: City) -> pd.DataFrame:
    received = city.editions[-2][2] - timedelta(hours=7)
    rows = [
        (
            f"{area}{'0' * 10}",
            None,
            "0" * 64,
            "benefit_claim",
            area,
            LAST_DAY - timedelta(days=2),
            "day",
            1,
            False,
            received,
            received,
            False,
            f"benefit_claim_{area}_20261123.csv",
            "gb18030",
            20,
            19,
            1,
            None,
            "accepted",
            None,
            None,
        )
        for area in city.units
    ]
    return pd.DataFrame(rows, columns=columns_of("drop_register"))


def quarantine() -> pd.DataFrame:
    said = ("失业日期晚于受理日期，请核对", "The day of unemployment lies after the day of filing; check both days.")
    rows = [(f"{LATE}{'0' * 10}", 7, "失业日期", "unemployed_before_claim", None, *said, "***")]
    return pd.DataFrame(rows, columns=columns_of("quarantine"))
