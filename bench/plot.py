"""Draws the median ages in use as a small SVG."""

from collections.abc import Sequence

from bench.simulation import Result

_WIDTH, _ROW, _LEFT, _TOP = 640, 46, 130, 56
_BUDGET, _FIXED = "#0b7285", "#adb5bd"


def draw(results: Sequence[Result]) -> str:
    """Return an SVG of the profiles that are not idle."""
    shown = [result for result in results if not result.is_idle]
    most = max(result.fixed_median for result in shown)
    scale = (_WIDTH - _LEFT - 60) / most
    height = _TOP + _ROW * len(shown) + 10
    lines = [
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" '
            'font-family="sans-serif" font-size="13">'
        ),
        "<title>Median age of a car's data while it drives or charges</title>",
        f'<rect width="{_WIDTH}" height="{height}" fill="#fff"/>',
        (
            f'<text x="{_LEFT}" y="20" font-weight="bold">'
            "Median age of the data while the car drives or charges, minutes</text>"
        ),
        (
            f'<rect x="{_LEFT}" y="32" width="12" height="12" fill="{_BUDGET}"/>'
            f'<text x="{_LEFT + 18}" y="43">this budget</text>'
        ),
        (
            f'<rect x="{_LEFT + 120}" y="32" width="12" height="12" fill="{_FIXED}"/>'
            f'<text x="{_LEFT + 138}" y="43">a fixed interval, 500 requests</text>'
        ),
    ]
    for index, result in enumerate(shown):
        top = _TOP + index * _ROW
        lines.append(
            f'<text x="{_LEFT - 8}" y="{top + 23}" text-anchor="end">{result.profile}</text>'
        )
        for offset, value, color in (
            (2, result.median, _BUDGET),
            (19, result.fixed_median, _FIXED),
        ):
            width = value * scale
            lines.append(
                f'<rect x="{_LEFT}" y="{top + offset}" width="{width:.1f}" height="15" '
                f'fill="{color}"/><text x="{_LEFT + width + 5:.1f}" y="{top + offset + 12}">'
                f"{value:.0f}</text>"
            )
    return "\n".join([*lines, "</svg>", ""])
