-- grain: one customer of one analysis of clusters
-- key: global
-- reads: temp.analysis_cluster_place
-- params: analysis
-- writes: gold.analysis_cluster_member
select
    $analysis::varchar as analysis,
    profile_id,
    cluster
from temp.analysis_cluster_place
