"""Measurements: `python -m bench budget`."""

import logging

# The package of the integration imports the cameras by way of the cloud. The cameras miss a
# library of the system, which does not matter here.
logging.getLogger("homeassistant.components.camera.img_util").setLevel(logging.CRITICAL)
