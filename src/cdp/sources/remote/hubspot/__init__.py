"""Reading an account of HubSpot: everything at first, then by search, and what belongs to rows."""
