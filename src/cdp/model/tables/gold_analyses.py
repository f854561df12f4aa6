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
)
