-- title: 报告裁员人数 | Layoffs reported
-- unit: persons
-- units: employers
-- worse: higher
-- kind: count
-- grain: month
-- clock: filed
-- by: area × industry
-- formula: 当月报告的拟裁减（含关闭）人数；同一报告编号在当月更正的，以最后一次为准 | people to be laid off (closures included) in reports of the month; of one report number the last of the month counts
-- source: 劳动合同法第四十一条 | Labour Contract Law, article 41
-- sort: 8
select area, industry, period, sum(planned) as numerator, count(*) as units, max(planned) as largest_unit
from (
    select
        area, industry, date_trunc('month', reported_on) as period, planned,
        row_number() over (
            partition by coalesce(report_id, drop_id || ' ' || line_number), area, date_trunc('month', reported_on)
            order by reported_on desc, drop_id, line_number
        ) as position
    from layoff_report
) as one
where position = 1
group by all
