-- grain: one score of one profile or account with what made it, an entry of its list
-- key: profile_id
-- reads: gold.score
-- writes: step.document_scores
select
    profile_id,
    concat(to_json({
        'score': score,
        'value': value,
        'band': band,
        'as_of': strftime(as_of, '%Y-%m-%dT%H:%M:%SZ'),
        'method': method,
        'version': version,
        'explanation': explanation
    }), ',') as document
from gold.score
order by
    profile_id,
    score
