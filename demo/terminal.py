"""The output for the person at the terminal."""

from collections.abc import Iterable, Sequence
import sys


def print_result(text: str) -> None:
    """Print a result."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def print_progress(text: str) -> None:
    """Print what happens, on the error output."""
    sys.stderr.write(f"demo: {text}\n")
    sys.stderr.flush()


def table(title: str, header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return rows as aligned columns."""
    lines = [list(header), *([str(cell) for cell in row] for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(header))]
    lines.insert(1, ["-" * width for width in widths])
    texts = (
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )
    return "\n".join(("", title, "", *texts))
