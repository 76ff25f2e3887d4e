"""Planned execution: an operation becomes a few SQL statements, and its answer is assembled from
their rows.

graphql-core executes an operation depth first: a resolver for each field of each object. The engine
works breadth first: it loads the rows of one place of the answer for all parents at once, and
assembles objects with code that is generated for the operation. It names no concept of ours.

    declarations   what a field says about itself, so that it can be planned
    planner        from a document to a plan: places, steps that fill them, assembly
    statements     the SQL of steps, compiled once, with parameters that are bound late
    run            executes a plan; `engine` decides between the plan and the reference executor

`docs/engine.md` follows a query through all of them.
"""
