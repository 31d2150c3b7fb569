-- title: 城镇从业人员，按数据性质 | Urban employed by kind of figure
-- unit: persons
-- units: reports
-- grain: month
-- categories: yearly = 年度数 | yearly figures; monthly = 月度数 | monthly figures
-- formula: 登记失业率分母中的期末城镇从业人员，按是否沿用年度数分 | urban employed in the denominator of the registered rate, by whether the figure is of a whole year
-- source: 鲁人社发〔2016〕14号失业指标“城镇登记失业率” | Lu Ren She Fa [2016] No. 14, unemployment indicator "registered urban unemployment rate"
select
    area, period, case when is_yearly then 'yearly' else 'monthly' end as category, sum(employed) as numerator,
    count(*) as units
from registered_unemployment
group by all
