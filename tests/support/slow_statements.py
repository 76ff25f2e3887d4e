"""Statements that take as long as a test wants, on each kind of database."""

#: A statement that runs for minutes, by the kind of database.
ENDLESS = {
    "sqlite": """
      WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 1e10)
      SELECT count(*) FROM numbers
    """,
    "postgresql": "SELECT pg_sleep(600)",
    "mysql": "SELECT sleep(600)",
}
