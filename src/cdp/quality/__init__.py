"""Stage quality: rules over what arrived, corrections by people, drift of the sources' fields."""
