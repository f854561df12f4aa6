-- grain: one best seller, an entry of the list of its category; that of all has the key *
-- key: global
-- reads: gold.best_seller
-- writes: step.document_best_seller
select
    if(category = '', '*', category) as listed,
    concat(to_json({
        'place': place,
        'product': product,
        'name': name,
        'of_category': of_category,
        'buyers': buyers
    }), ',') as document
from gold.best_seller
order by
    listed,
    place
