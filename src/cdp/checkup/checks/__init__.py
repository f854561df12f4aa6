"""The checks of `cdp doctor`, one file each."""
