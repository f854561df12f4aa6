"""What a run would do, without doing it: the same run on a copy, and the difference."""
