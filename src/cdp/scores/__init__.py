"""Stage scores: rule scores and predictive scores; it and analyses alone know scikit-learn."""
