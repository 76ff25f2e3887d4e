"""The printed tables."""

from collections.abc import Mapping, Sequence

from benchmarks.engine.rounds import Result
from benchmarks.engine.workloads import Workload

_HEADINGS = (
    ("clients", 8), ("", 13), ("req/s", 9), ("ratio", 7), ("p50 ms", 9), ("p99 ms", 9),
    ("p99/p50", 8), ("CPU ms", 8), ("ratio", 7), ("SQL", 6), ("client", 7),
)  # fmt: skip
NOTES = """
req/s: requests per second, the median of the rounds. ratio: this project's divided by the
contender's, so that above 1 this project is faster or, for CPU, needs more. CPU: of the server's
process for each request. SQL: statements for each request sent alone, counted by a proxy before
PostgreSQL outside the measured rounds; BEGIN and COMMIT count. client: the share of one core that
the load client used; near 100 % the client was the limit.
"""


def heading(workload: Workload) -> str:
    """The heading of a workload's table."""
    names = "".join(
        f"{name:<{width}}" if not name else f"{name:>{width}}" for name, width in _HEADINGS
    )
    return f"\n{workload.name}: {workload.description}\n{names}"


def lines(
    clients: int, results: Mapping[str, Result], statements: Mapping[str, float], ours: str
) -> Sequence[str]:
    """A line for each contender, with its ratio to `ours`."""
    own = results.get(ours)
    found = []
    for name, result in results.items():
        rate_ratio = f"{own.rate / result.rate:.2f}" if own else "-"
        cpu_ratio = f"{own.cpu / result.cpu:.2f}" if own and result.cpu else "-"
        p50, p99 = result.percentile(0.5), result.percentile(0.99)
        sql = f"{statements[name]:.3g}" if name in statements else "-"
        found.append(
            f"{clients:8} {name:<12}{result.rate:9.1f}{rate_ratio:>7}{p50:9.2f}{p99:9.2f}"
            f"{p99 / p50:8.1f}{result.cpu:8.2f}{cpu_ratio:>7}{sql:>6}{result.client_share:7.0%}"
        )
    return found


def memory_lines(peaks: Mapping[str, int], ours: str) -> Sequence[str]:
    """The peak memory of each server, with its ratio to `ours`."""
    found = [f"\n{'peak memory':<22}{'MiB':>9}{'ratio':>7}"]
    for name, peak in peaks.items():
        ratio = f"{peaks[ours] / peak:.2f}" if ours in peaks else "-"
        found.append(f"{name:<22}{peak / 2**20:9.0f}{ratio:>7}")
    return found
