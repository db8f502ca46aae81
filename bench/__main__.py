"""`python -m bench budget`: print the table, and write it as JSON and as a plot if asked."""

import argparse
import json
from pathlib import Path
import sys

from bench.cars import PROFILES
from bench.plot import draw
from bench.simulation import MONTHS, Result, measure


def main() -> int:
    """Run the benchmark that was asked for; 1 if a figure is not what it should be."""
    parser = argparse.ArgumentParser(prog="scripts/bench", description=__doc__)
    parser.add_argument("name", choices=["budget"], help="what to measure")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the figures here")
    parser.add_argument("--svg", type=Path, metavar="FILE", help="also draw the plot here")
    options = parser.parse_args()
    results = [measure(profile) for profile in PROFILES]
    sys.stdout.write(_table(results))
    if options.json:
        data = {"months": MONTHS, "profiles": [result.as_json() for result in results]}
        options.json.write_text(json.dumps(data, indent=2) + "\n", encoding="utf-8")
    if options.svg:
        options.svg.write_text(draw(results), encoding="utf-8")
    return 0 if all(result.is_met for result in results) else 1


def _table(results: list[Result]) -> str:
    """Return a table in Markdown, as it stands in docs/budget.md."""
    lines = [
        "| profile | hours in use | requests | median age | 95 % | fixed: median | 95 % | ratio | |",
        "|---|--:|--:|--:|--:|--:|--:|--:|---|",
    ]
    for result in results:
        cells = [
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
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join([*lines, ""])


def _age(minutes: float) -> str:
    if minutes < 120:
        return f"{minutes:.0f} min"
    return f"{minutes / 60:.0f} h" if minutes < 72 * 60 else f"{minutes / 1440:.0f} d"


if __name__ == "__main__":
    sys.exit(main())
