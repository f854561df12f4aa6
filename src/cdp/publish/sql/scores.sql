-- grain: one profile or account with its scores and what made them
-- key: profile_id
-- reads: gold.score
-- writes: step.document_scores
select
    profile_id,
    to_json(list({
        'score': score,
        'value': value,
        'band': band,
        'as_of': strftime(as_of, '%Y-%m-%dT%H:%M:%SZ'),
        'method': method,
        'version': version,
        'explanation': explanation
    } order by
        score
    ))::varchar as document
from gold.score
group by profile_id
order by
    profile_id
