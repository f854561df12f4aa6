"""Whether a workspace is well: looked at from outside, nothing changed; each topic is one file."""
