-- A condition over a fact and a cohort_code: the person is of the cohort, as the sender codes it, or by sex and year of birth.
strpos(';' || fact.cohorts || ';', ';' || cohort_code.code || ';') > 0
or (cohort_code.code = 'woman' and fact.sex = 'F')
or (cohort_code.code = 'young' and extract('year' from fact.{on}) - fact.birth_year between 16 and 24)
or (
    cohort_code.code = 'older'
    and extract('year' from fact.{on}) - fact.birth_year >= case when fact.sex = 'F' then 40 else 50 end
)
