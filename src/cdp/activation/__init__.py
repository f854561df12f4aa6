"""Stage activation: who may get what, and what left."""
