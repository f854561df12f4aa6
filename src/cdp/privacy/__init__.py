"""Privacy, in one place each: masking, keys and scopes, audit."""
