"""Measure what the integration costs (`cost`), or how a budget is spent (`budget`).

Prints a table, and writes the figures as JSON with `--json`. Fails if a count is wrong or if the
budget misses its goal, never because of time.
"""

import argparse
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
import json
from pathlib import Path
import platform
import sys

from homeassistant.const import __version__ as home_assistant_version

from bench.cars import PROFILES
from bench.cost import SIZES, Cost, Cpu, measure as measure_cost
from bench.plot import draw
from bench.simulation import MONTHS, measure


def main() -> int:
    """Run the chosen benchmark; return 1 if a figure is wrong."""
    parser = argparse.ArgumentParser(prog="scripts/bench", description=__doc__)
    parser.add_argument("name", nargs="?", choices=["cost", "budget"], default="cost")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the figures here")
    parser.add_argument("--svg", type=Path, metavar="FILE", help="budget: also draw the plot here")
    parser.add_argument(
        "--cars",
        type=int,
        nargs="+",
        metavar="N",
        default=SIZES,
        help="cost: numbers of cars (default: %(default)s)",
    )
    options = parser.parse_args()
    if options.name == "budget":
        return _budget(options.json, options.svg)
    return _cost(options.cars, options.json)


def _write(path: Path | None, data: object) -> None:
    if path is not None:
        path.write_text(json.dumps(data, indent=2) + "\n", encoding="utf-8")


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table in Markdown, as in docs/."""
    lines = [head, ["---", *["--:"] * (len(head) - 1)], *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _cost(sizes: Sequence[int], path: Path | None) -> int:
    costs = [measure_cost(vehicles) for vehicles in sizes]
    head = ["cars", *(str(cost.vehicles) for cost in costs)]
    sys.stdout.write(_table(head, _rows(costs)))
    missed = [text for cost in costs for text in cost.missed()]
    data = {
        "python": platform.python_version(),
        "home_assistant": home_assistant_version,
        "sizes": [asdict(cost) for cost in costs],
        "missed": missed,
    }
    _write(path, data)
    for text in missed:
        sys.stdout.write(f"bench: {text}\n")
    return 1 if missed else 0


def _rows(costs: Sequence[Cost]) -> list[list[str]]:
    """Return a row for each figure."""

    def row(name: str, read: Callable[[Cost], object]) -> list[str]:
        return [name, *(str(read(cost)) for cost in costs)]

    def cpu(name: str, read: Callable[[Cost], Cpu]) -> Iterator[list[str]]:
        yield row(f"CPU of {name}, ms", lambda cost: f"{read(cost).ms:.2f}")
        yield row("... of which floor", lambda cost: f"{read(cost).floor_ms:.2f}")
        yield row("... of which the integration", lambda cost: f"{read(cost).above_ms:.2f}")

    return [
        row("entities of each car", lambda cost: f"{cost.entities_per_car:.0f}"),
        row("requests to set up", lambda cost: sum(cost.setup_requests.values())),
        row("requests to restart", lambda cost: sum(cost.restart_requests.values())),
        row("requests to refresh all", lambda cost: sum(cost.refresh_requests.values())),
        row(
            "events, all refreshed, nothing moved",
            lambda cost: sum(cost.changed_by_nothing.values()),
        ),
        row(
            "events, all refreshed, 1 value moved",
            lambda cost: sum(cost.changed_by_one_value.values()),
        ),
        row("events, 1 value pushed", lambda cost: sum(cost.changed_by_push.values())),
        row("states written without a change", lambda cost: sum(cost.reported.values())),
        row("writes to disk", lambda cost: cost.store_writes),
        row("CPU to set up, s", lambda cost: f"{cost.setup_cpu_s:.2f}"),
        row("CPU to restart, s", lambda cost: f"{cost.restart_cpu_s:.2f}"),
        *cpu("a refresh, nothing moved", lambda cost: cost.refresh),
        *cpu("a refresh, 1 value moved", lambda cost: cost.refresh_moved),
        *cpu("a push, 1 value moved", lambda cost: cost.push),
        row("memory of each car, KiB", lambda cost: f"{cost.memory_kib_per_car:.0f}"),
        row("store of each car, KiB", lambda cost: f"{cost.store_kib_per_car:.0f}"),
    ]


def _budget(path: Path | None, plot: Path | None) -> int:
    results = [measure(profile) for profile in PROFILES]
    head = [
        "profile",
        "hours in use",
        "requests",
        "median age",
        "95 %",
        "fixed: median",
        "95 %",
        "ratio",
        "",
    ]
    rows = [
        [
            result.profile + (" (idle)" if result.is_idle else ""),
            f"{result.active_hours:.0f}",
            f"{result.requests:.0f}",
            _age(result.median),
            _age(result.p95),
            _age(result.fixed_median),
            _age(result.fixed_p95),
            f"{result.ratio:.2f}",
            "ok" if result.is_met else "missed",
        ]
        for result in results
    ]
    sys.stdout.write(_table(head, rows))
    _write(path, {"months": MONTHS, "profiles": [result.as_json() for result in results]})
    if plot is not None:
        plot.write_text(draw(results), encoding="utf-8")
    return 0 if all(result.is_met for result in results) else 1


def _age(minutes: float) -> str:
    if minutes < 120:
        return f"{minutes:.0f} min"
    return f"{minutes / 60:.0f} h" if minutes < 72 * 60 else f"{minutes / 1440:.0f} d"


if __name__ == "__main__":
    sys.exit(main())
