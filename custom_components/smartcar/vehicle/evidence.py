"""What a vehicle has reported so far, as evidence for the entities that it gets."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Self

from ..api import Json, Position, optional_list, optional_object


@dataclass(slots=True)
class Evidence:
    """The signals that some entity can show, and where the vehicle has doors, windows and tires."""

    codes: set[str] = field(default_factory=set)
    _positions: dict[str, set[Position]] = field(default_factory=dict)

    def update(self, touched: Iterable[str], evident: set[str]) -> bool:
        """Record which of the touched codes are evident; tell whether any was not before."""
        is_new = not evident <= self.codes
        self.codes = self.codes.difference(touched) | evident
        return is_new

    def add_positions(self, code: str, reported: Iterable[Position]) -> bool:
        """Record where a vehicle has doors, windows or tires; tell whether any is new."""
        known = self._positions.setdefault(code, set())
        found = set(reported)
        is_new = not known >= found
        known |= found
        return is_new

    def positions(self, code: str) -> list[Position]:
        """Return where the vehicle has ever reported doors, windows or tires."""
        return sorted(self._positions.get(code, ()))

    def as_json(self) -> Mapping[str, Json]:
        """Return the positions, which the store keeps."""
        return {
            code: [[position.row, position.column] for position in sorted(positions)]
            for code, positions in self._positions.items()
        }

    @classmethod
    def from_json(cls, value: Json) -> Self:
        """Read what the store kept. Parts of another shape are left out."""
        evidence = cls()
        for code, positions in optional_object(value).items():
            evidence.add_positions(
                code,
                (
                    Position(row, column)
                    for item in optional_list(positions)
                    if len(pair := optional_list(item)) == 2
                    and isinstance(row := pair[0], int)
                    and isinstance(column := pair[1], int)
                ),
            )
        return evidence
