"""Stage scores: rule scores and predictive scores; the only room that knows scikit-learn."""
