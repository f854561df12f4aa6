"""Stage publish: build an immutable generation and name it in the manifest."""
