"""Stage identity: block, compare, decide, cluster, keep ids; the only room that knows Splink."""
