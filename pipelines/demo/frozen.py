"""Constants of the synthetic city in one place, frozen before any detector was tuned on it.

Levels (people a workday, scale 1) follow the calibration facts of the project's shared folder: a city of 5.9 million
residents, about one million insured, vacancies to seekers about 1.2. Event sizes come from ONE log-normal of the
*strength* (``STRENGTH_*``): the strength is the z an event would reach in its best 7 visible days, so the people of an
event follow from how noisy the place is, at every scale. Its parameters were chosen once so that at scale 1 at least
30 % of the labelled events come out medium and at least 20 % small; do not retune them to please a detector.
"""

from typing import Final

INSURED: Final = 1_000_000
EMPLOYERS: Final = 30_000
OUTSIDERS: Final = 0.30  # people of the labour pool without an employer at the start, per insured person

# People (rows) an average workday at scale 1; seekers, vacancies: an average calendar day.
PER_WORKDAY: Final = {"join": 1310.0, "risk": 760.0, "neutral": 510.0, "claim": 120.0}
VACANCIES_PER_DAY: Final = 130.0
POSTS_PER_VACANCY: Final = 4.2
SEEKERS_PER_DAY: Final = 450.0
MONITORED_EMPLOYERS: Final = 300
LAYOFFS_PER_WORKDAY: Final = 0.5  # reports of the event-free city, each of at most LAYOFF_CAP people
LAYOFF_SHARE: Final = 0.08
LAYOFF_CAP: Final = 18
LAYOFF_SIZES: Final = (20, 240)

INDUSTRY_SHARE: Final = {
    "A": 0.012,
    "B": 0.003,
    "C": 0.370,
    "D": 0.020,
    "E": 0.065,
    "F": 0.105,
    "G": 0.040,
    "H": 0.030,
    "I": 0.012,
    "J": 0.010,
    "K": 0.030,
    "L": 0.040,
    "M": 0.016,
    "N": 0.012,
    "O": 0.018,
    "P": 0.085,
    "Q": 0.062,
    "R": 0.007,
    "S": 0.062,
    "T": 0.0006,
}
# Mean size of an employer relative to the city's mean: factories, schools and hospitals are large, shops small.
SIZE_FACTOR: Final = {
    "C": 1.7,
    "D": 2.0,
    "E": 1.2,
    "F": 0.45,
    "H": 0.5,
    "K": 0.6,
    "L": 0.6,
    "O": 0.4,
    "P": 2.2,
    "Q": 2.2,
}
SIZE_SIGMA: Final = 1.4
LARGEST_EMPLOYER: Final = 3000

DISPERSION: Final = (1.15, 2.2)  # variance ÷ mean of a cell's daily count, drawn once a cell and stream
OFFICE_NOISE: Final = {"insured": 0.10, "claim": 0.08}  # sd of an office's daily factor (mean 1), log-normal

LEAVE_REASONS: Final = {"03": 0.12, "11": 0.16, "12": 0.03, "13": 0.03, "14": 0.24, "15": 0.42}
NEUTRAL_REASONS: Final = {"01": 0.62, "02": 0.12, "04": 0.04, "05": 0.20, "06": 0.02}
JOIN_REASONS: Final = {"A": 0.42, "B": 0.14, "C": 0.12, "D": 0.32}
# How reasons are filed: some clerks take another code, some the one for procedures that are not finished.
WRONG_REASON: Final = 0.06
UNFINISHED_REASON: Final = ("03", 0.10)
# Chance that who left for a reason is entitled to a benefit and claims it, against who was dismissed.
CLAIMS_AFTER: Final = {"03": 0.35, "11": 1.0, "12": 1.0, "13": 1.0, "14": 0.8, "15": 0.08}
CLAIM_REASONS: Final = {"11": 0.40, "12": 0.06, "13": 0.05, "14": 0.37, "19": 0.12}

# Events.
EVENTS_PER_YEAR: Final = 48
KIND_SHARE: Final = {"factory_closing": 0.32, "industry_slide": 0.36, "county_shock": 0.32}
DAYS_PER_REGION_SHOCK: Final = 730
STRENGTH_MEDIAN: Final = 3.0
STRENGTH_SIGMA: Final = 0.45
LEAST_PEOPLE: Final = 5
CLAIM_SHARE: Final = {"factory_closing": 0.65, "industry_slide": 0.35, "county_shock": 0.40, "region_shock": 0.35}
EVENT_DAYS: Final = {
    "factory_closing": (2, 5),
    "industry_slide": (21, 49),
    "county_shock": (7, 21),
    "region_shock": (21, 42),
}
EVENT_REASONS: Final = {
    "factory_closing": {"13": 0.7, "11": 0.3},
    "industry_slide": {"11": 0.3, "12": 0.25, "14": 0.2, "15": 0.1, "03": 0.15},
    "county_shock": {"11": 0.45, "12": 0.25, "03": 0.3},
    "region_shock": {"11": 0.4, "12": 0.2, "14": 0.15, "03": 0.25},
}
# Closings that file a layoff report, by people at least: a large factory hardly closes unseen, a workshop often does.
REPORT_SHARE: Final = ((0, 0.45), (20, 0.50), (50, 0.85))
FESTIVAL_QUIET: Final = (-20, 12)  # no event starts this near to the Spring Festival (days from new year's day)
LARGE_Z: Final = 4.0
LARGE_PEOPLE: Final = 20
MEDIUM_Z: Final = 2.5

# The shock in the past (both in the loud and in the quiet city).
SHOCK_LEAST_SPAN: Final = 700
SHOCK_RAMP: Final = 5
SHOCK_PLATEAU: Final = 42
SHOCK_TAIL: Final = 75
SHOCK_PEAK: Final = (2.4, 3.6)

# Arrival of files.
LATE: Final = 0.03
LOST: Final = 0.005
CORRECTED: Final = 0.01
SILENCES_PER_YEAR: Final = 3.0  # of one unit's daily feeds, 2 to 4 working days each
REVERSED: Final = 0.002
DIRTY: Final = 1 / 5000
