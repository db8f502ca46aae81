"""The benchmarks: `python -m bench cost` and `python -m bench budget`."""

import logging

# The integration imports the cloud, and the cloud imports the cameras. They warn of a missing system
# library, which the benchmark does not need.
logging.getLogger("homeassistant.components.camera.img_util").setLevel(logging.CRITICAL)
