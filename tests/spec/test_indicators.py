"""What each indicator means, drawn as rows in and rows out."""

import pytest

from pipelines.core.catalogue.indicators import catalogue
from tests.spec import service_spec, transfer_spec
from tests.spec.table import answer, expected

SPECS = {
    "benefit_claim": (
        {
            "benefit_claim": """
            claim_id | area   | industry | filed_on
            c1       | 371502 | C        | 2025-03-03
            c2       | 371502 | C        | 2025-03-03
            c3       | 371502 | F        | 2025-03-03
            c4       | 371503 | C        | 2025-03-04
            """
        },
        """
        area   | industry | period     | numerator
        371502 | C        | 2025-03-03 | 2
        371502 | F        | 2025-03-03 | 1
        371503 | C        | 2025-03-04 | 1
        """,
    ),
    "insured_leave": (
        {
            "insured_event": """
            event_id | area   | industry | direction | is_risk | filed_on
            e1       | 371502 | C        | leave     | true    | 2025-03-03
            e2       | 371502 | C        | leave     | false   | 2025-03-03
            e3       | 371502 | C        | join      | false   | 2025-03-03
            """
        },
        """
        area   | industry | period     | numerator
        371502 | C        | 2025-03-03 | 1
        """,
    ),
    "dismissal": (
        {
            "insured_event": """
            event_id | area   | industry | direction | is_dismissal | filed_on
            e1       | 371502 | C        | leave     | true         | 2025-03-03
            e2       | 371502 | C        | leave     | false        | 2025-03-03
            e3       | 371502 | C        | leave     | true         | 2025-03-03
            """
        },
        """
        area   | industry | period     | numerator
        371502 | C        | 2025-03-03 | 2
        """,
    ),
    "insured_net_change": (
        {
            "insured_event": """
            event_id | area   | industry | direction | is_risk | filed_on
            e1       | 371502 | C        | leave     | true    | 2025-03-03
            e2       | 371502 | C        | leave     | false   | 2025-03-03
            e3       | 371502 | C        | join      | false   | 2025-03-03
            """
        },
        """
        area   | industry | period     | numerator
        371502 | C        | 2025-03-03 | -1
        """,
    ),
    "insured_headcount": (
        {
            "insured_headcount": """
            employer | area   | industry | period     | insured
            a        | 371502 | C        | 2025-02-01 | 120
            b        | 371502 | C        | 2025-02-01 | 30
            """
        },
        """
        area   | industry | period     | numerator
        371502 | C        | 2025-02-01 | 150
        """,
    ),
    "insured_net_change_rate": (
        {
            "insured_headcount": """
            employer | area   | industry | period     | insured
            a        | 371502 | C        | 2025-02-01 | 120
            b        | 371502 | F        | 2025-02-01 | 30
            """,
            "insured_event": """
            event_id | area   | industry | direction | is_risk | filed_on
            e1       | 371502 | C        | leave     | true    | 2025-03-03
            e2       | 371502 | C        | leave     | false   | 2025-03-31
            e3       | 371502 | C        | join      | false   | 2025-03-15
            e4       | 371502 | C        | join      | false   | 2025-04-01
            """,
        },
        """
        area   | industry | period     | numerator | denominator
        371502 | C        | 2025-03-01 | -1        | 120
        371502 | F        | 2025-03-01 | 0         | 30
        """,
    ),
    "job_loss_rate": (
        {
            "monitored_employer": """
            employer | area   | industry | period     | base_jobs | losses
            a        | 371502 | C        | 2025-02-01 | 200       | 10
            b        | 371502 | C        | 2025-02-01 | 100       | 2
            """
        },
        """
        area   | industry | period     | numerator | denominator
        371502 | C        | 2025-02-01 | 12        | 300
        """,
    ),
    "vacancy": (
        {
            "vacancy": """
            vacancy_id | area   | industry | posts | posted_on
            v1         | 371502 | C        | 20    | 2025-03-03
            v2         | 371502 | C        | 5     | 2025-03-03
            """
        },
        """
        area   | industry | period     | numerator
        371502 | C        | 2025-03-03 | 25
        """,
    ),
    "vacancy_seeker_ratio": (
        {
            "vacancy": """
            vacancy_id | area   | industry | posts | posted_on
            v1         | 371502 | C        | 3     | 2025-03-03
            v2         | 371503 | F        | 1     | 2025-03-30
            v3         | 371503 | F        | 9     | 2025-04-01
            """,
            "job_seeker": """
            seeker_id | area   | industry | registered_on
            s1        | 371502 | C        | 2025-03-05
            s2        | 371521 | U        | 2025-03-06
            """,
        },
        """
        period     | numerator | denominator
        2025-03-01 | 4         | 2
        """,
    ),
    "layoff_reported": (
        {
            "layoff_report": """
            report_id | employer | area   | industry | planned | reported_on
            r1        | a        | 371502 | C        | 60      | 2025-03-03
            r2        | b        | 371502 | C        | 25      | 2025-03-30
            """
        },
        """
        area   | industry | period     | numerator
        371502 | C        | 2025-03-01 | 85
        """,
    ),
    "weekly_claims": (
        {
            "aggregate_series": """
            indicator     | area | industry | cohort | period     | grain | adjustment | value | denominator
            weekly_claims | CA   | ALL      | all    | 2005-08-28 | week  | original   | 3034  | 1900000
            weekly_claims | CA   | ALL      | all    | 2005-08-28 | week  | seasonal   | 3500  | 1900000
            other         | CA   | ALL      | all    | 2005-08-28 | week  | original   | 7     | -
            """
        },
        """
        area | period     | numerator | denominator
        CA   | 2005-08-28 | 3034      | 1900000
        """,
    ),
    "job_index": (
        {
            "aggregate_series": """
            indicator    | area | industry | cohort | period     | grain | adjustment | value
            payroll_jobs | SA   | H        | all    | 2020-04-11 | week  | original   | 59.96
            payroll_jobs | SA   | ALL      | all    | 2020-04-11 | week  | original   | 91.55
            payroll_jobs | SA   | ALL      | 15-19  | 2020-04-11 | week  | original   | 80.1
            payroll_jobs | SA   | ALL      | all    | 2020-04-11 | week  | trend      | 92.4
            """
        },
        """
        area | industry | period     | numerator
        SA   | H        | 2020-04-11 | 59.96
        SA   | ALL      | 2020-04-11 | 91.55
        """,
    ),
    "online_vacancy": (
        {
            "aggregate_series": """
            indicator        | area | industry | cohort | occupation | period     | grain | adjustment | value
            online_vacancies | R1   | ALL      | all    | -          | 2020-04-01 | month | average    | 30.5
            online_vacancies | R1   | ALL      | all    | 1          | 2020-04-01 | month | average    | 20
            online_vacancies | R1   | ALL      | all    | 11         | 2020-04-01 | month | average    | 10
            """
        },
        """
        area | period     | numerator
        R1   | 2020-04-01 | 30.5
        """,
    ),
    "benefit_recipient": (
        {
            "aggregate_series": """
            indicator          | area | industry | cohort     | period     | grain | adjustment | value
            benefit_recipients | A1   | ALL      | jobseeker  | 2023-06-01 | month | original   | 130
            benefit_recipients | A1   | ALL      | youth      | 2023-06-01 | month | original   | 15
            benefit_recipients | A2   | ALL      | youth      | 2023-06-01 | month | original   | 15
            """,
            "benefit_payment": """
            area | period     | recipients
            A2   | 2023-06-01 | 90
            A1   | 2023-07-01 | 0
            """,
        },
        """
        area | period     | numerator
        A1   | 2023-06-01 | 145
        A2   | 2023-06-01 | 90
        A1   | 2023-07-01 | 0
        """,
    ),
    "small_area_unemployment_rate": (
        {
            "aggregate_series": """
            indicator    | area | industry | cohort | period     | grain   | adjustment | value
            unemployed   | A1   | ALL      | all    | 2020-06-01 | quarter | average    | 53
            labour_force | A1   | ALL      | all    | 2020-06-01 | quarter | average    | 1000
            unemployed   | A2   | ALL      | all    | 2020-06-01 | quarter | average    | 40
            labour_force | A2   | ALL      | all    | 2020-06-01 | quarter | average    | -
            """
        },
        """
        area | period     | numerator | denominator
        A1   | 2020-06-01 | 53        | 1000
        """,
    ),
}


ALL = SPECS | transfer_spec.SPECS | service_spec.SPECS


@pytest.mark.parametrize("name", sorted(ALL))
def test_the_indicator_answers_as_drawn(name: str) -> None:
    facts, drawn = ALL[name]
    assert answer(name, facts) == expected(drawn)


def test_every_indicator_has_a_spec() -> None:
    assert set(catalogue()) == set(ALL)
