from tests.front_door import *
from simulator import Cloud
async def test_set_up(hass, cloud, freezer, entry):
    import time
    print("T", time.time(), hass.loop.time())
    for car in cloud.connected if hasattr(cloud,'connected') else cloud.cars.values():
        print(car.model.name, sorted(entities(hass, entry, car)))
    for s in hass.states.async_all(): print(s.entity_id, s.state)
    print(cloud.requests)
    cloud.requests.clear()
    await let_pass(hass, freezer, POLL)
    print("T", time.time(), hass.loop.time())
    print(cloud.requests)

