"""Stage segments: definitions compiled to SQL, membership and its history."""
