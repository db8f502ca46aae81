"""A coordinator whose listeners are called only for what they follow."""

from collections.abc import Callable
import logging
from typing import Any, override

from homeassistant.core import CALLBACK_TYPE, callback
from homeassistant.helpers.update_coordinator import DataUpdateCoordinator

_LOGGER = logging.getLogger(__name__)


class SelectiveCoordinator[T](DataUpdateCoordinator[T]):
    """Calls a listener only if a code that its context names has changed.

    A context is a frozenset of codes. Changes are collected until `async_update_listeners`, which
    Home Assistant calls after each refresh.
    """

    # Class attributes, since listeners can be added while the base class is being set up.
    _changed: frozenset[str] = frozenset()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Begin without listeners."""
        self._contexts: dict[CALLBACK_TYPE, frozenset[str]] = {}
        super().__init__(*args, **kwargs)

    @property
    def is_in_use(self) -> bool:
        """Whether there is any listener: no entity listens while the device is disabled."""
        return bool(self._contexts)

    def on_first_listener(self) -> None:
        """React to the first listener."""

    def on_last_listener_removed(self) -> None:
        """React to the removal of the last listener."""

    @callback
    @override
    def async_add_listener(
        self, update_callback: CALLBACK_TYPE, context: Any = None
    ) -> Callable[[], None]:
        """Call the listener when one of the codes in its context has changed."""
        remove = super().async_add_listener(update_callback, context)
        is_first = not self._contexts
        self._contexts[update_callback] = context
        if is_first:
            self.on_first_listener()

        @callback
        def remove_listener() -> None:
            remove()
            del self._contexts[update_callback]
            if not self._contexts:
                self.on_last_listener_removed()

        return remove_listener

    def add_changes(self, *changes: str) -> None:
        """Record what changed, for the next update of the listeners."""
        self._changed |= frozenset(changes)

    @override
    @callback
    def async_update_listeners(self) -> None:
        """Call the listeners of everything that has changed since the last update."""
        changed, self._changed = self._changed, frozenset()
        self.notify(changed)

    @callback
    def notify(self, changed: frozenset[str]) -> None:
        """Call the listeners whose context names one of these codes."""
        for listener, codes in list(self._contexts.items()):
            if not codes.isdisjoint(changed):
                self._call(listener)

    @callback
    def notify_all(self) -> None:
        """Call every listener: something changed that concerns all of them."""
        for listener in list(self._contexts):
            self._call(listener)

    def _call(self, listener: CALLBACK_TYPE) -> None:
        try:
            listener()
        except Exception:
            # As the base class does: one entity must not cost the others their update.
            _LOGGER.exception("Unexpected error updating an entity of %s", self.name)
