"""Gold: what analyses of all customers found out, a table or two for each kind of analysis.

Each row names its analysis, so that several of a kind stand beside each other; `gold.analysis`
says of each what it means, and as of when.
"""

from cdp.model.tables.declare import table

GOLD_ANALYSES = (
    table(
        "gold.analysis",
        "one analysis of all customers, as it was last made",
        "analysis",
        """
analysis   varchar   name of the analysis: its YAML file, or a kind that was asked for by its own name
kind       varchar   abc, rfm, cohorts, ... : what was asked
status     varchar   found, insufficient_data (too little to say anything) or nothing_found (nothing that would hold another time)
words      varchar[] what it says, in sentences, the most important first
marks      varchar[] what else a reader must know: left_truncated, sampled, ...
definition json      what was asked for, defaults included
as_of      timestamp the moment it looks from (UTC)
""",
    ),
    table(
        "gold.analysis_abc",
        "one customer of one ABC analysis, who brought revenue in its days",
        "analysis profile_id",
        """
analysis         varchar       name of the analysis
profile_id       varchar       person, visitor, organisation or group
place            bigint        place by revenue, 1 brought most
revenue          decimal(18,2) net of what came back, in the currency of gold.feature
share            double        of the revenue of all customers listed, 0 to 1
cumulative_share double        of this customer and all before it, 0 to 1
class            varchar       A, B or C
""",
        subject="profile_id",
    ),
    table(
        "gold.analysis_rfm",
        "one cell of one RFM grid that has customers",
        "analysis recency frequency monetary",
        """
analysis             varchar       name of the analysis
recency              integer       fifth by days since the last order, 5 is the latest
frequency            integer       fifth by number of orders, 5 is the most
monetary             integer       fifth by net revenue of the last days that were asked for, 5 is the most
segment              varchar       what recency and frequency say in words: champions, loyal, at risk, ...
customers            bigint        customers in the cell
revenue              decimal(18,2) their net revenue of those days, in the currency of gold.feature
average_recency_days decimal(18,1) mean of whole days since the last order
average_orders       decimal(18,2) mean number of orders, since ever
average_revenue      decimal(18,2) revenue by customer
""",
    ),
    table(
        "gold.analysis_cohort",
        "one cohort of new customers at one age, in whole periods",
        "analysis cohort age",
        """
analysis         varchar       name of the analysis
cohort           date          first day of the month or quarter of their first order (UTC)
age              integer       months or quarters since that one; 0 is itself
customers        bigint        customers of the cohort, at every age the same
active           bigint        of these, who ordered in that month or quarter
retention        double        active by customers
revenue          decimal(18,2) net revenue of that month or quarter, in the currency of gold.feature
cumulative_value decimal(18,2) net revenue from the first order to the end of it, by customer
""",
    ),
)
