"""Let pytest-homeassistant-custom-component 0.13.375 (made for 2026.10) run on 2026.11.

Loaded with `-p tests.shim.ha_2026_11` (scripts/test_newer does): a conftest would be too late.
Harmless on 2026.10. Delete it with the first release of that package made for 2026.11.
"""

# 2026.11 makes `httpx` an alias of `httpx2`; it has to come before respx imports httpx.
import homeassistant  # noqa: F401
from homeassistant.components import logger
from homeassistant.components.logger.helpers import _clear_logger_overwrites

# 2026.11 moved the helper that the package imports from here.
logger._clear_logger_overwrites = _clear_logger_overwrites
