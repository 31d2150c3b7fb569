-- title: 新增领取失业保险金人数 | New recipients of benefits
-- unit: persons
-- units: persons
-- worse: higher
-- kind: count
-- grain: month
-- clock: effective
-- by: area
-- formula: 当月首次发放失业保险金的人数之和 | people first paid unemployment benefit in the month
-- source: 鲁人社发〔2016〕14号失业指标“新增领取人数”；失业保险金发放月报 | Lu Ren She Fa [2016] No. 14, unemployment indicator "new recipients"; monthly reports of benefit payments
select
    area, period, sum(newly_receiving) as numerator, sum(newly_receiving) as units,
    max(newly_receiving) as largest_unit
from benefit_payment
group by all
