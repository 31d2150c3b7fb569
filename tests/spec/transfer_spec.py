"""Specs of the indicators of registration, labour transfer, mobility, shortage, arrears and the fund."""

VILLAGES = {
    "monitored_village": """
    village | area   | surveyed_on | labour | away | away_town | away_county | away_city | away_province | departed | returned | away_before
    a       | 371502 | 2025-03-07  | 240    | 100  | 10        | 20          | 30        | 38            | 5        | 8        | 103
    b       | 371502 | 2025-03-07  | 160    | 60   | 5         | 15          | 20        | 20            | 0        | 1        | 61
    c       | 371503 | 2025-03-07  | 90     | 30   | 0         | 10          | 5         | 15            | 2        | 0        | 28
    """
}
AWAY = """
area | period     | numerator
{}   | 2025-03-07 | {}
{}   | 2025-03-07 | {}
"""
# An area that says nothing of arrears or deferrals has no figure, not a zero.
HEADCOUNT = {
    "insured_headcount": """
    employer | area   | industry | period     | insured | arrears_months | is_deferred
    a        | 371502 | C        | 2025-02-01 | 120     | 2              | false
    b        | 371502 | C        | 2025-02-01 | 30      | 1              | true
    c        | 371502 | C        | 2025-02-01 | 70      | 0              | false
    d        | 371503 | C        | 2025-02-01 | 50      | 0              | -
    e        | 371521 | C        | 2025-02-01 | 40      | -              | -
    """
}
SPECS = {
    "unemployment_registration": (
        {
            "unemployment_registration": """
            registration_id | area   | industry | registered_on
            r1              | 371502 | C        | 2025-03-03
            r2              | 371502 | C        | 2025-03-03
            r3              | 371502 | U        | 2025-03-03
            r4              | 371503 | C        | 2025-03-04
            """
        },
        """
        area   | industry | period     | numerator
        371502 | C        | 2025-03-03 | 2
        371502 | U        | 2025-03-03 | 1
        371503 | C        | 2025-03-04 | 1
        """,
    ),
    "outworking_labour": (VILLAGES, AWAY.format(371502, 160, 371503, 30)),
    "outworking_in_county": (VILLAGES, AWAY.format(371502, 15, 371503, 0)),
    "outworking_in_city": (VILLAGES, AWAY.format(371502, 35, 371503, 10)),
    "outworking_in_province": (VILLAGES, AWAY.format(371502, 50, 371503, 5)),
    "outworking_other_province": (VILLAGES, AWAY.format(371502, 58, 371503, 15)),
    "outworking_share": (
        VILLAGES,
        """
        area   | period     | numerator | denominator
        371502 | 2025-03-07 | 160       | 400
        371503 | 2025-03-07 | 30        | 90
        """,
    ),
    "returning_labour": (VILLAGES, AWAY.format(371502, 9, 371503, 0)),
    "returning_labour_share": (
        VILLAGES,
        """
        area   | period     | numerator | denominator
        371502 | 2025-03-07 | 9         | 164
        371503 | 2025-03-07 | 0         | 28
        """,
    ),
    "labour_shortage_rate": (
        {
            "labour_shortage": """
            employer | area   | industry | period     | staff | unfilled
            a        | 371502 | C        | 2025-02-01 | 180   | 15
            b        | 371502 | C        | 2025-02-01 | 40    | 5
            c        | 371503 | F        | 2025-02-01 | 60    | 0
            """
        },
        """
        area   | industry | period     | numerator | denominator
        371502 | C        | 2025-02-01 | 20        | 240
        371503 | F        | 2025-02-01 | 0         | 60
        """,
    ),
    "telecom_net_outflow": (
        {
            "telecom_mobility": """
            area   | moved_on   | direction | other_place | persons
            371502 | 2025-02-05 | out       | province    | 900
            371502 | 2025-02-05 | in        | province    | 300
            371502 | 2025-02-05 | in        | county      | 50
            371503 | 2025-02-05 | in        | city        | 20
            """
        },
        """
        area   | period     | numerator
        371502 | 2025-02-05 | 550
        371503 | 2025-02-05 | -20
        """,
    ),
    "transport_net_outflow": (
        {
            "transport_mobility": """
            area   | moved_on   | direction | other_place | mode | persons
            371502 | 2025-02-05 | out       | province    | 铁路 | 900
            371502 | 2025-02-05 | out       | province    | 公路 | 100
            371502 | 2025-02-05 | in        | province    | 铁路 | 300
            """
        },
        """
        area   | period     | numerator
        371502 | 2025-02-05 | 700
        """,
    ),
    "registered_unemployment_rate": (
        {
            "registered_unemployment": """
            area   | period     | registered | employed | is_yearly
            371502 | 2025-02-01 | 5200       | 152000   | true
            371503 | 2025-02-01 | 2100       | 61000    | false
            """
        },
        """
        area   | period     | numerator | denominator
        371502 | 2025-02-01 | 5200      | 157200
        371503 | 2025-02-01 | 2100      | 63100
        """,
    ),
    "long_term_share": (
        {
            "long_term_unemployment": """
            area   | period     | registered | over_six_months | over_twelve_months
            371502 | 2025-02-01 | 5200       | 1400            | 430
            """
        },
        """
        area   | period     | numerator | denominator
        371502 | 2025-02-01 | 430       | 5200
        """,
    ),
    "employer_in_arrears": (
        HEADCOUNT,
        """
        area   | industry | period     | numerator
        371502 | C        | 2025-02-01 | 2
        371503 | C        | 2025-02-01 | 0
        """,
    ),
    "insured_in_arrears": (
        HEADCOUNT,
        """
        area   | industry | period     | numerator
        371502 | C        | 2025-02-01 | 150
        371503 | C        | 2025-02-01 | 0
        """,
    ),
    "employer_deferring": (
        HEADCOUNT,
        """
        area   | industry | period     | numerator
        371502 | C        | 2025-02-01 | 1
        """,
    ),
    "insured_deferring": (
        HEADCOUNT,
        """
        area   | industry | period     | numerator
        371502 | C        | 2025-02-01 | 30
        """,
    ),
    "wage_arrears_lead": (
        {
            "wage_arrears_lead": """
            lead_id | area   | industry | reported_on | persons
            l1      | 371502 | E        | 2025-02-03  | 36
            l2      | 371502 | E        | 2025-02-28  | 4
            l3      | 371502 | E        | 2025-03-01  | 9
            """
        },
        """
        area   | industry | period     | numerator
        371502 | E        | 2025-02-01 | 40
        371502 | E        | 2025-03-01 | 9
        """,
    ),
    "welfare_post": (
        {
            "welfare_post": """
            post_id | unit_name | area   | period     | persons | ends_on
            g1      | a         | 371502 | 2025-02-01 | 3       | 2025-06-30
            g2      | a         | 371502 | 2025-02-01 | 4       | -
            g3      | b         | 371502 | 2025-02-01 | 0       | 2025-06-30
            g1      | c         | 371503 | 2025-02-01 | 0       | -
            g1      | a         | 371502 | 2025-03-01 | 5       | 2025-12-31
            """
        },
        """
        area   | period     | numerator
        371502 | 2025-02-01 | 7
        371503 | 2025-02-01 | 0
        371502 | 2025-03-01 | 5
        """,
    ),
    # Five months are too few for a mean of a year; of a longer past only the last twelve months count.
    "fund_months": (
        {
            "unemployment_fund": """
            period     | closing | expenditure
            2023-12-01 | 999     | 900
            2024-09-01 | 520     | 10
            2024-10-01 | 510     | 20
            2024-11-01 | 500     | 30
            2024-12-01 | 490     | 10
            2025-01-01 | 480     | 20
            2025-02-01 | 480     | 30
            2025-03-01 | 470     | 48
            """
        },
        """
        period     | numerator | denominator
        2025-02-01 | 480       | 20
        2025-03-01 | 470       | 24
        """,
    ),
}
