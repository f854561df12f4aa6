"""Reading SAP Commerce: integration objects in bulk, and OCC order by order and user by user."""
