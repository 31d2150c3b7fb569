-- title: 岗位流失率 | Job-loss rate
-- unit: percent
-- units: employers
-- worse: higher
-- kind: ratio
-- grain: month
-- clock: effective
-- by: area × industry
-- formula: 减少岗位数 ÷ 建档期岗位数 × 100（监测企业） | posts lost ÷ posts of the base period × 100 (monitored employers)
-- source: 失业动态监测（人社部函〔2009〕152号；鲁人社发〔2016〕14号） | dynamic job monitoring (Ren She Bu Han [2009] No. 152; Lu Ren She Fa [2016] No. 14)
-- sort: 6
select
    area, industry, period, sum(losses) as numerator, sum(base_jobs) as denominator, count(*) as units,
    max(losses) as largest_unit
from monitored_employer
group by all
