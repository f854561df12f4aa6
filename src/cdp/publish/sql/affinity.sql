-- grain: one product that goes with another one, an entry of the other's list, best first
-- key: global
-- reads: gold.product_affinity
-- writes: step.document_affinity
select
    product,
    concat(to_json({
        'other': other,
        'other_name': other_name,
        'other_category': other_category,
        'both_buyers': both_buyers,
        'cosine': cosine
    }), ',') as document
from gold.product_affinity
order by
    product,
    cosine desc,
    other
