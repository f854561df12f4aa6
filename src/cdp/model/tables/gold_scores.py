"""Gold: scores, and the models of those that are predicted."""

from cdp.model.tables.declare import table

GOLD_SCORES = (
    table(
        "gold.score",
        "one score of one profile",
        "profile_id score",
        """
profile_id    varchar    person, visitor, organisation or group
score         varchar    name of the score, as in its YAML
value         double?    the value, in the unit of the score; null where the model may not tell it
currency      varchar?   currency of the value where it is money (ISO 4217), null where it is not
band          varchar?   band the value falls in
decile        integer?   tenth of the model's training population that a prediction falls in, 10 is the highest
status        varchar    published, ranking_only (decile and no value), insufficient_data or not_better_than_baseline (RFM in detail instead)
as_of         timestamp  the moment it holds for (UTC)
method        varchar    rules, rfm, lifetime_value, ... : what computed it
version       varchar    hash of its definition
model_version varchar?   trained model that computed it, null where none is
trained_at    timestamp? the moment that model was trained for (UTC), from which its age counts
explanation   json       what made it: [{because, points}]
detail        json?      what goes with it: range, chance of still being a customer, window of the next purchase, or the RFM score that stands in
""",
        subject="profile_id",
    ),
    table(
        "gold.score_model",
        "the model of one predictive score, as the last run found it",
        "score",
        """
score         varchar    name of the score, as in its YAML
method        varchar    lifetime_value, churn, ... : what computes it
model_version varchar    hash of data, definition and code that it was trained from
status        varchar    published, ranking_only, insufficient_data or not_better_than_baseline
reasons       varchar[]  why it has that status, for people
marks         varchar[]  what else a reader must know: extrapolated, no_seasonal_check, ...
horizon_days  integer    days that it looks ahead
trained_at    timestamp  the moment it was trained for (UTC)
expires_at    timestamp  the moment after which a run trains it anew (UTC)
age_days      integer    whole days since it was trained
customers     bigint     customers it was trained on
scored        bigint     profiles that have this score
drift         double?    greatest population stability index of a feature or of the score since it was trained
drift_of      varchar?   which one that is
drift_limit   double?    index above which that one is trained anew
is_pinned     boolean    somebody went back to it; runs keep it until it is trained on purpose
matured_version varchar? model whose forecast was the last to come due, null where none has yet
matured_on    date?      last day of the horizon of that forecast
total_error   double?    by what share the sum of what it said was off what came; 0.1 is 10 % too many
brier_skill   double?    1 less the quotient of its Brier score and the plain rule's; above 0 it was surer; null: no chances
""",
    ),
)
