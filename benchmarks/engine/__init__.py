"""The engine compared with other GraphQL servers over the same rows: `make benchmark-engine`.

`workloads` says what is asked, `contenders` who is asked, `client` loads a server, `rounds` lets
the contenders take turns, and `report` prints the ratios.
"""
