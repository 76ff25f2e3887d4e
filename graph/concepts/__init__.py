"""One module per concept: its type, inputs, filter, orders and mutations."""
