"""The machinery of the API: it knows models, pages and loaders, and no concept of the domain."""
