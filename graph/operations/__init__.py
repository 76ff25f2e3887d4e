"""What an operation may do: documents, limits, cost, budgets."""
