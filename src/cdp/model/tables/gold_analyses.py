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
    table(
        "gold.analysis_cluster",
        "one cluster of one analysis of clusters",
        "analysis cluster",
        """
analysis varchar name of the analysis
cluster  integer number of the cluster; stays with those most like it from one time to the next
name     varchar what its customers have more or less of than all, in words
members  bigint  customers in it
share    double  of all customers that were looked at, 0 to 1
""",
    ),
    table(
        "gold.analysis_cluster_feature",
        "one fact of one cluster",
        "analysis cluster feature",
        """
analysis   varchar name of the analysis
cluster    integer number of the cluster
feature    varchar fact of gold.feature: orders, recency_days, ...
mean       double? of its members of whom it is known
difference double  mean of members less that of all, in standard deviations, of logarithms
""",
    ),
    table(
        "gold.analysis_cluster_member",
        "one customer of one analysis of clusters",
        "analysis profile_id",
        """
analysis   varchar name of the analysis
profile_id varchar person, visitor, organisation or group
cluster    integer number of the cluster
""",
        subject="profile_id",
    ),
    table(
        "gold.analysis_tree",
        "one node of one retention tree",
        "analysis node",
        """
analysis  varchar  name of the analysis
node      integer  number from the top down, 0 is everybody
parent    integer? node above; null at the top
condition varchar? what parts it from the other node below its parent; null at the top
members   bigint   customers in it who were held out when the tree was learned
kept      bigint   of these, who bought again within the horizon
rate      double?  kept by members; null where nobody was held out
rate_low  double?  lower end of its 95 % interval (Wilson)
rate_high double?  upper end
is_leaf   boolean  whether it is parted no further
words     varchar? a leaf in one sentence; null for other nodes
""",
    ),
    table(
        "gold.analysis_rule",
        "one rule of one cross-selling analysis: who buys this also buys that",
        "analysis if_product then_product",
        """
analysis     varchar name of the analysis
if_product   varchar number of the product, or the category in lower case, that an order holds
then_product varchar of the one that it then also holds
if_name      varchar as it was sold
then_name    varchar as it was sold
baskets      bigint  orders that hold both
support      double  these, of all orders looked at, 0 to 1
confidence   double  these, of the orders that hold the first, 0 to 1
lift         double  confidence by the share of all orders that hold the second; 1 is chance
lift_low     double  lower end of its 95 % interval, above 1
p            double  chance of so many together or more, did only chance join them (Fisher, one-sided)
q            double  share of chance findings among all rules as sure as this one (Benjamini-Hochberg)
""",
    ),
    table(
        "gold.analysis_lookalike",
        "one profile of one lookalike analysis, not a seed, that is among the most like them",
        "analysis profile_id",
        """
analysis   varchar name of the analysis
profile_id varchar person, visitor, organisation or group
place      bigint  place, 1 is most like the seeds
percentile double  share of all who are not seeds up to this place, above 0 to 1
times      double  how many times as many seeds, hidden for trial, were among the first so many percent as chance puts there; no probability
""",
        subject="profile_id",
    ),
    table(
        "gold.analysis_lookalike_trial",
        "one way of finding seeds that were hidden, among one share of all",
        "analysis method share",
        """
analysis varchar name of the analysis
method   varchar model (what is published), centroid (nearness to the mean seed) or random
share    double  share of all that are not seeds, most like the seeds first, 0 to 1
recall   double  hidden seeds that are among them, 0 to 1; mean of the trials
low      double  lower end of its 95 % interval (Wilson); random has none and shows its expectation
high     double  upper end
times    double  recall by share: 1 is chance
seeds    bigint  seeds that were hidden in any trial
""",
    ),
    table(
        "gold.analysis_uplift",
        "one segment, or one campaign of it, measured against its control group",
        "analysis segment campaign",
        """
analysis           varchar        name of the analysis
segment            varchar        name of the segment
campaign           varchar        campaign of the segment's control groups; empty: the segment itself
outcome            varchar        event that counts: order, interaction.email_clicked, ...
since              timestamp      who was in the segment then counts (UTC)
until              timestamp      read-out (UTC)
treated            bigint         members who were not held out, reached or not
treated_responders bigint         of these, who did it
treated_rate       double         responders by members
control            bigint         members who were held out
control_responders bigint         of these, who did it
control_rate       double         responders by members
rate_difference    double?        treated less control; null where the arms are not as they were drawn
rate_low           double?        lower end of its 95 % interval (Newcombe)
rate_high          double?        upper end
treated_spend      double         amount a member
control_spend      double         amount a member
spend_difference   double?        treated less control; null where the outcome has no amount
spend_low          double?        lower end of its 95 % interval (Welch)
spend_high         double?        upper end
additional         double?        members who did it and would not have, of the treated
additional_low     double?        lower end of its 95 % interval
additional_high    double?        upper end
sample_ratio_p     double         chance of arms so uneven, had only the hash parted them
marks              varchar[]      unstable_spend, sample_ratio_mismatch
""",
    ),
)
