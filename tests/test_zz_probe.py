from datetime import timedelta
from .front_door import *
async def test_probe(hass, cloud, cars, freezer, entry):
    import time
    t0 = time.time()
    cloud.requests.clear()
    for i in range(30):
        await let_pass(hass, freezer, timedelta(minutes=10))
        print("PROBE", round((time.time()-t0)/60, 2), dict(cloud.requests))
        cloud.requests.clear()
