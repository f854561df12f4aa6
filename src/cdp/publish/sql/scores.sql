-- grain: one score of one profile or account with what made it, an entry of its list
-- key: profile_id
-- reads: gold.score
-- writes: step.document_scores
select
    profile_id,
    concat(to_json({
        'score': score,
        'value': value,
        'currency': currency,
        'band': band,
        'decile': decile,
        'status': status,
        'as_of': strftime(as_of, '%Y-%m-%dT%H:%M:%SZ'),
        'method': method,
        'version': version,
        'model_version': model_version,
        'trained_at': strftime(trained_at, '%Y-%m-%dT%H:%M:%SZ'),
        'age_days': date_diff('day', trained_at, as_of),
        'explanation': explanation,
        'detail': detail
    }), ',') as document
from gold.score
order by
    profile_id,
    score
