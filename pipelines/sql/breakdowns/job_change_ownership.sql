-- title: 岗位增减率，按企业性质 | Change of jobs by ownership
-- unit: percent
-- units: employers
-- grain: month
-- categories: ownership
-- formula: （调查期岗位数 − 上期岗位数）÷ 上期岗位数 × 100，按企业性质分 | (jobs of the period − jobs of the period before) ÷ jobs of the period before × 100, by ownership
-- source: 失业动态监测（人社部函〔2009〕152号；鲁人社发〔2016〕14号） | dynamic job monitoring (Ren She Bu Han [2009] No. 152; Lu Ren She Fa [2016] No. 14)
select
    area, industry, period, coalesce(ownership, '') as category, sum(cur_jobs - prev_jobs) as numerator,
    sum(prev_jobs) as denominator, count(*) as units
from monitored_employer
group by all
