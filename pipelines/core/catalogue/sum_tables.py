"""Tables of sums that each edition makes of facts in force: townships' villages, key employers by kind."""

from pipelines.core.catalogue.table import Clock, Readers, Table

TOWNSHIP_LABOUR = Table(
    "township_labour",
    "Labour of a township's monitored villages in a week, by which village it can be called; restricted file only.",
    "area varchar not null, township varchar not null, village_name varchar, period date not null, "
    "villages integer, away integer [people], away_before integer [people], returned integer [people], "
    "known_from timestamp not null, known_to timestamp",
    ("area", "township", "period"),
    Clock.VINTAGE,
    readers=Readers.OFFICE,
    owner="t.area",
)
EMPLOYER_KIND = Table(
    "employer_kind",
    "The employers on the list of key employers by kind, in an area or the whole city: insured in the month counted_on "
    "and 3 and 12 months before, leaves of the 30 days to leaves_to, 3 and 12 times 30 days before, and mean and "
    "spread of twelve times 30 days before; of the same employers throughout. Restricted file only.",
    "area varchar not null, kind varchar not null, employers integer, counted_on date, insured integer [people], "
    "insured_3 integer [people], insured_12 integer [people], leaves_to date, leaves integer [people], "
    "leaves_3 integer [people], leaves_12 integer [people], leaves_usual double [people], "
    "leaves_spread double [people], known_from timestamp not null, known_to timestamp",
    ("area", "kind"),
    Clock.VINTAGE,
    readers=Readers.OFFICE,
    owner="t.area",
)
SUMS = (TOWNSHIP_LABOUR, EMPLOYER_KIND)
