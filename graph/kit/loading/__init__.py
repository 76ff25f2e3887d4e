"""How resolvers read: scoped selects, sessions, data loaders."""
