-- grain: one kind of list and how good it is, an entry of the one list there is
-- key: global
-- reads: gold.recommender
-- writes: step.document_recommender
select
    '*' as listed,
    concat(to_json({
        'list': list,
        'status': status,
        'customers': customers,
        'hits': hits,
        'baseline': baseline,
        'gain_low': gain_low,
        'gain_high': gain_high
    }), ',') as document
from gold.recommender
order by
    listed,
    list
