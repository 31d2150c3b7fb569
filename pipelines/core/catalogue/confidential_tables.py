"""Tables of the restricted file that name employers, or part counts exactly: the bureau's, and each office's own."""

from pipelines.core.catalogue.table import Clock, Readers, Table

CONFIDENTIAL = (
    Table(
        "contributor",
        "Who made up what a warning saw when its evidence was last told: employers, or townships of monitored "
        "villages, with the most beyond what they usually bring in as long a window first; place 0: all others "
        "together. Confidential, restricted file only.",
        "episode_id varchar not null, area varchar, kind varchar, place integer, member varchar, "
        "member_name varchar, observed double, expected double, known_from timestamp not null, known_to timestamp",
        ("episode_id", "place"),
        Clock.VINTAGE,
        readers=Readers.OFFICE,
        owner="t.area",
    ),
    Table(
        "employer",
        "Employers as their newest headcount names them; confidential, restricted file only.",
        "employer varchar not null, employer_name varchar, area varchar, industry varchar, "
        "insured integer [people], period date, known_from timestamp not null, known_to timestamp, "
        "arrears_months integer [months], arrears_amount double [yuan], is_deferred boolean, deferred_until date",
        ("employer",),
        Clock.VINTAGE,
        readers=Readers.OFFICE,
        owner="t.area",
        ends_missing=False,
    ),
    Table(
        "listed_employer",
        "One reason for which an employer is on its area's list of key employers, and the post that serves it; "
        "confidential, restricted file only. period: the month of the list; to_on: when it was taken off, null "
        "while it stands.",
        "employer varchar not null, employer_name varchar, area varchar, industry varchar, kind varchar not null, "
        "officer_post varchar, from_on date, to_on date, period date, known_from timestamp not null, "
        "known_to timestamp",
        ("employer", "kind", "area"),
        Clock.VINTAGE,
        readers=Readers.OFFICE,
        owner="t.area",
    ),
    Table(
        "filed_report",
        "A layoff report in force (劳动合同法 41), as known from known_from until known_to; confidential, restricted "
        "file only.",
        "report_id varchar not null, employer varchar, employer_name varchar, area varchar not null, "
        "industry varchar, staff integer [people], planned integer [people], kind varchar, told_on date, "
        "reported_on date, effective_on date, ground varchar, wages_owed double [yuan], "
        "contributions_owed double [yuan], known_from timestamp not null, known_to timestamp, "
        "compensation double [yuan], settlement varchar",
        ("report_id", "area"),
        Clock.VINTAGE,
        readers=Readers.OFFICE,
        owner="t.area",
    ),
    Table(
        "breakdown",
        "Counts of a feed parted by a code of its rows (pipelines/sql/breakdowns), such as jobs lost by reason; exact, "
        "restricted file only. denominator: of averages and rates. category: empty where the sender gave none.",
        "breakdown varchar not null, area varchar not null, industry varchar not null, period date not null, "
        "category varchar not null, numerator double, denominator double, units integer [respondents], "
        "known_from timestamp not null, known_to timestamp",
        ("breakdown", "area", "industry", "period", "category"),
        Clock.VINTAGE,
        readers=Readers.OFFICE,
        owner="t.area",
    ),
    Table(
        "monitored_list",
        "Monitored employers of each sender's newest form: jobs, why they went, state of operation; confidential, "
        "restricted file only.",
        "employer varchar not null, employer_name varchar, area varchar not null, industry varchar, period date, "
        "base_jobs integer [jobs], cur_jobs integer [jobs], losses integer [jobs], loss_type varchar, "
        "loss_reason varchar, ownership varchar, size varchar, operation varchar, unpaid_persons integer [people], "
        "known_from timestamp not null, known_to timestamp",
        ("employer", "area"),
        Clock.VINTAGE,
        readers=Readers.OFFICE,
        owner="t.area",
    ),
    Table(
        "shortage_list",
        "Employers on each sender's newest form of labour shortage: posts unfilled, occupation, wage, difficulties; "
        "confidential, restricted file only.",
        "employer varchar not null, employer_name varchar, area varchar not null, industry varchar, period date, "
        "staff integer [people], unfilled integer [posts], occupation varchar, wage double [yuan], "
        "expected_staff integer [people], operation varchar, resumed_on date, difficulties varchar, "
        "known_from timestamp not null, known_to timestamp",
        ("employer", "area"),
        Clock.VINTAGE,
        readers=Readers.OFFICE,
        owner="t.area",
    ),
    Table(
        "welfare_list",
        "Public-welfare posts of each sender's newest form, and when they end; restricted file only.",
        "post_id varchar not null, unit_name varchar, area varchar not null, kind varchar, period date, "
        "persons integer [people], subsidy double [yuan], started_on date, ends_on date, "
        "in_difficulty integer [people], known_from timestamp not null, known_to timestamp",
        ("post_id", "area"),
        Clock.VINTAGE,
        readers=Readers.OFFICE,
        owner="t.area",
    ),
    Table(
        "arrears_lead",
        "Leads on unpaid wages in force; confidential, restricted file only.",
        "lead_id varchar not null, employer varchar, employer_name varchar, area varchar not null, industry varchar, "
        "reported_on date, persons integer [people], amount double [yuan], status varchar, source varchar, "
        "closed_on date, known_from timestamp not null, known_to timestamp",
        ("lead_id", "area"),
        Clock.VINTAGE,
        readers=Readers.OFFICE,
        owner="t.area",
    ),
)
