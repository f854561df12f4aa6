"""The steward's desk: the queue, what is decided at it, and why things are as they are."""
