"""A Smartcar cloud on loopback, built from the API reference: a development tool.

In process: `app = create_app(Cloud(vehicles=3, seed=1))`. As a process:
`python -m simulator --port 8200 --vehicles 3`.
"""

from .app import create_app
from .cloud import Cloud
from .delivery import Delivery
from .faults import Fault, Stream
from .misbehavior import Misbehavior

__all__ = ["Cloud", "Delivery", "Fault", "Misbehavior", "Stream", "create_app"]
