"""Specs of the indicators of what the employment service and the insurance office report by the month."""

RESULTS = {
    "employment_result": """
    area   | period     | newly_employed | reemployed | difficulty_employed
    371502 | 2025-02-01 | 310            | 72         | 18
    371503 | 2025-02-01 | 0              | 5          | 0
    371502 | 2025-03-01 | 400            | 80         | 20
    """
}
OF_RESULTS = """
area   | period     | numerator
371502 | 2025-02-01 | {}
371503 | 2025-02-01 | {}
371502 | 2025-03-01 | {}
"""
# Where nobody is new there are no days; where the days are not told the new count for nothing.
PAYMENTS = {
    "benefit_payment": """
    area   | period     | recipients | newly_receiving | stopped_expired | stopped_employed | stopped_other | amount | median_days
    371502 | 2025-02-01 | 200        | 20              | 8               | 10               | 2             | 310000 | 12
    371503 | 2025-02-01 | 50         | 5               | 0               | 0                | 0             | 77000  | -
    371521 | 2025-02-01 | 3          | 0               | 1               | 0                | 0             | 4650   | -
    """
}
# Before July the class of the year before is that of the year.
GRADUATES = {
    "graduate_register": """
    area   | period     | graduated_in | registered | contacted | employed | further_study | interning | unemployed
    371502 | 2025-06-01 | 2024         | 400        | 380       | 280      | 60            | 8         | 40
    371502 | 2025-06-01 | 2023         | 100        | 90        | 70       | 10            | 0         | 15
    371502 | 2025-07-01 | 2025         | 200        | 120       | 90       | 20            | 5         | 70
    371502 | 2025-07-01 | 2024         | 400        | 384       | 300      | 60            | 6         | 30
    """
}
OF_GRADUATES = """
area   | period     | numerator
371502 | 2025-06-01 | {}
371502 | 2025-07-01 | {}
"""
RATE_OF_GRADUATES = """
area   | period     | numerator | denominator
371502 | 2025-06-01 | {}        | {}
371502 | 2025-07-01 | {}        | {}
"""
DISPUTES = {
    "labour_dispute": """
    area   | industry | period     | kind     | is_dismissal | cases | persons | amount
    371502 | C        | 2025-02-01 | 劳动报酬 | false        | 6     | 15      | 180000
    371502 | C        | 2025-02-01 | 解除终止 | true         | 2     | 5       | 90000
    371502 | F        | 2025-02-01 | 解除终止 | true         | 1     | 1       | 20000
    """
}
OF_DISPUTES = """
area   | industry | period     | numerator
371502 | C        | 2025-02-01 | {}
371502 | F        | 2025-02-01 | {}
"""
TRAINING = {
    "training": """
    area   | period     | occupation | cohort  | persons | passed | online | subsidy
    371502 | 2025-02-01 | 6          | migrant | 45      | 41     | 20     | 36000
    371502 | 2025-02-01 | 4          | migrant | 30      | 24     | 0      | 20000
    371502 | 2025-02-01 | 4          | other   | 25      | 25     | 5      | 19000
    """
}
OF_TRAINING = """
area   | period     | numerator | denominator
371502 | 2025-02-01 | {}        | 100
"""
CONTRIBUTIONS = {
    "unemployment_contribution": """
    employer | area   | industry | period     | paid
    a        | 371502 | C        | 2025-02-01 | 5400.5
    b        | 371502 | C        | 2025-02-01 | 0
    c        | 371502 | F        | 2025-02-01 | 900
    """
}
SPECS = {
    "graduate_registered": (GRADUATES, OF_GRADUATES.format(500, 600)),
    "graduate_interning": (GRADUATES, OF_GRADUATES.format(8, 11)),
    "graduate_unemployed": (GRADUATES, OF_GRADUATES.format(55, 100)),
    "graduate_contact_rate": (GRADUATES, RATE_OF_GRADUATES.format(470, 500, 504, 600)),
    "graduate_placement_rate": (GRADUATES, RATE_OF_GRADUATES.format(340, 400, 110, 200)),
    "labour_dispute": (DISPUTES, OF_DISPUTES.format(20, 1)),
    "labour_dispute_case": (DISPUTES, OF_DISPUTES.format(8, 1)),
    "dispute_dismissal_share": (
        DISPUTES,
        """
        area   | industry | period     | numerator | denominator
        371502 | C        | 2025-02-01 | 5         | 20
        371502 | F        | 2025-02-01 | 1         | 1
        """,
    ),
    "dispute_amount_per_person": (
        DISPUTES,
        """
        area   | period     | numerator | denominator
        371502 | 2025-02-01 | 290000    | 21
        """,
    ),
    "people_trained": (
        TRAINING,
        """
        area   | period     | numerator
        371502 | 2025-02-01 | 100
        """,
    ),
    "training_pass_rate": (TRAINING, OF_TRAINING.format(90)),
    "training_online_share": (TRAINING, OF_TRAINING.format(25)),
    "training_manufacturing_share": (TRAINING, OF_TRAINING.format(45)),
    "training_migrant_share": (TRAINING, OF_TRAINING.format(75)),
    "training_subsidy_per_person": (TRAINING, OF_TRAINING.format(75000)),
    "unemployment_contribution": (CONTRIBUTIONS, OF_DISPUTES.format(5400.5, 900)),
    "contributing_employer": (CONTRIBUTIONS, OF_DISPUTES.format(1, 1)),
    "benefit_newly_receiving": (
        PAYMENTS,
        """
        area   | period     | numerator
        371502 | 2025-02-01 | 20
        371503 | 2025-02-01 | 5
        371521 | 2025-02-01 | 0
        """,
    ),
    "benefit_expired_share": (
        PAYMENTS,
        """
        area   | period     | numerator | denominator
        371502 | 2025-02-01 | 8         | 20
        371503 | 2025-02-01 | 0         | 0
        371521 | 2025-02-01 | 1         | 1
        """,
    ),
    "benefit_per_recipient": (
        PAYMENTS,
        """
        area   | period     | numerator | denominator
        371502 | 2025-02-01 | 310000    | 200
        371503 | 2025-02-01 | 77000     | 50
        371521 | 2025-02-01 | 4650      | 3
        """,
    ),
    "benefit_days_to_payment": (
        PAYMENTS,
        """
        area   | period     | numerator | denominator
        371502 | 2025-02-01 | 240       | 20
        371503 | 2025-02-01 | -         | 0
        371521 | 2025-02-01 | -         | 0
        """,
    ),
    "urban_new_employment": (RESULTS, OF_RESULTS.format(310, 0, 400)),
    "reemployment": (RESULTS, OF_RESULTS.format(72, 5, 80)),
    "difficulty_employment": (RESULTS, OF_RESULTS.format(18, 0, 20)),
}
