"""Measurements: `python -m bench budget`."""

import logging

# The package of the integration imports the cameras by way of the cloud, and they miss a library
# of the system: not our matter.
logging.getLogger("homeassistant.components.camera.img_util").setLevel(logging.CRITICAL)
