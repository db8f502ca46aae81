"""The bodies of the signals, made from a report of a car (reference 5.2)."""

from collections.abc import Callable, Mapping
import math
from typing import Final

from .car import Car
from .car_state import CarState, ChargeSchedule, Snapshot
from .clock import iso
from .json_types import Json, JsonObject

type Body = Callable[[Car, Snapshot], JsonObject]

_DIRECTIONS: Final = ("N", "NE", "E", "SE", "S", "SW", "W", "NW")


def _flag(name: str) -> Body:
    """Return the body of a boolean of the true state."""
    return lambda car, shot: {"value": bool(getattr(shot.state, name))}


def _const(value: Json) -> Body:
    """Return a body that never changes."""
    return lambda car, shot: {"value": value}


def _quantity(unit: str, read: Callable[[Car, Snapshot], float], digits: int = 0) -> Body:
    """Return a body of a number and its unit."""

    def body(car: Car, shot: Snapshot) -> JsonObject:
        number = round(read(car, shot), digits)
        return {"value": int(number) if digits == 0 else number, "unit": unit}

    return body


def _opening(name: str, *, lock: bool) -> Body:
    """Return the body of a lid."""

    def body(car: Car, shot: Snapshot) -> JsonObject:
        is_open = bool(getattr(shot.state, name))
        if not lock:
            return {"isOpen": is_open}
        return {"isOpen": is_open, "isLocked": shot.state.locked and not is_open}

    return body


def _grid(
    cell: Callable[[CarState, int, int], dict[str, Json]],
) -> Callable[[CarState], JsonObject]:
    """Return the body of what each seat has: row 0 is front, column 0 left."""

    def body(state: CarState) -> JsonObject:
        values: list[Json] = [
            {"row": row, "column": column, **cell(state, row, column)}
            for row in (0, 1)
            for column in (0, 1)
        ]
        return {"values": values, "rowCount": 2, "columnCount": 2}

    return body


def _door(state: CarState, row: int, column: int) -> dict[str, Json]:
    """Return one door; an open one is the driver's."""
    is_open = state.door_open and row == column == 0
    return {"isOpen": is_open, "isLocked": state.locked and not is_open}


def _window(state: CarState, row: int, column: int) -> dict[str, Json]:
    """Return one window."""
    return {"isOpen": state.window_open and row == column == 0}


_doors = _grid(_door)
_windows = _grid(_window)


def _tires(car: Car, shot: Snapshot) -> JsonObject:
    """Return four pressures; driving warms the tires, cold days cool them."""
    state = shot.state
    warm = (0.15 if state.driving else 0.0) + (state.external_temperature - 10) * 0.008
    base = car.model.tire_bar

    def cell(_: CarState, row: int, column: int) -> dict[str, Json]:
        return {"tirePressure": round(base + warm + 0.05 * row - 0.03 * column, 2)}

    return {**_grid(cell)(state), "unit": "bar"}


def _location(car: Car, shot: Snapshot) -> JsonObject:
    """Return the position, with a heading while driving."""
    state = shot.state
    body: dict[str, Json] = {
        "latitude": round(state.latitude, 6),
        "longitude": round(state.longitude, 6),
        "locationType": "CURRENT" if state.driving else "LAST_PARKED",
    }
    if state.driving:
        body["heading"] = round(state.heading, 1)
        body["direction"] = _DIRECTIONS[round(state.heading / 45) % 8]
    return body


def _at_home(car: Car, shot: Snapshot) -> JsonObject:
    """Return whether the car stands at home."""
    away = math.dist((shot.state.latitude, shot.state.longitude), car.home)
    return {"value": away < 0.001}


def _limits(car: Car, shot: Snapshot) -> JsonObject:
    """Return the charge limit; none is in force without a plug."""
    limit = round(shot.state.charge_limit)
    return {
        "values": [{"type": "GLOBAL", "limit": limit}],
        "activeLimit": limit if shot.state.plugged else None,
        "unit": "percent",
    }


def _charging_status(car: Car, shot: Snapshot) -> JsonObject:
    """Return the charging state as a word."""
    state = shot.state
    if state.charging:
        return {"value": "CHARGING"}
    full = state.plugged and state.soc >= state.charge_limit
    return {"value": "FULLY_CHARGED" if full else "NOT_CHARGING"}


def _port_color(car: Car, shot: Snapshot) -> JsonObject:
    """Return the color of the light at the charge port; the live value is in lower case."""
    if shot.state.charging:
        return {"value": "green"}
    return {"value": "blue" if shot.state.plugged else "off"}


def _connector(car: Car, shot: Snapshot) -> JsonObject:
    """Return the connector; "invalid" when unplugged was seen live."""
    if not shot.state.plugged:
        return {"value": "invalid"}
    return {"value": "CCS" if shot.state.fast_charger else "TYPE_2"}


def _amperes(car: Car, shot: Snapshot) -> float:
    """Return the charging current."""
    return car.model.amperes if shot.state.charging else 0.0


def _volts(car: Car, shot: Snapshot) -> float:
    """Return the charging voltage."""
    return car.charging.volts if shot.state.charging else 0.0


def _electric_range(car: Car, shot: Snapshot) -> float:
    """Return the range on the battery."""
    return shot.state.soc / 100 * car.model.battery_kwh / car.model.kwh_per_km


def _range(car: Car, shot: Snapshot) -> JsonObject:
    """Return the electric range as seen live: `type` DEFAULT and no additional values."""
    value = round(_electric_range(car, shot))
    return {"value": value, "type": "DEFAULT", "additionalValues": [], "unit": "km"}


def _timers(car: Car, shot: Snapshot) -> JsonObject:
    """Return the charge schedules (reference 5.2 and 6.2)."""
    return {"values": [_timer(schedule) for schedule in shot.schedules]}


def _timer(schedule: ChargeSchedule) -> JsonObject:
    """Return one schedule as a LOCATION timer."""
    return {
        "type": "LOCATION",
        "scheduleType": schedule.kind.upper(),
        "scheduleId": schedule.id,
        "condition": {
            "name": None,
            "address": None,
            "latitude": schedule.latitude,
            "longitude": schedule.longitude,
        },
        "schedules": [
            {
                "start": f"{start}:00" if start else None,
                "end": f"{stop}:00" if stop else None,
                "days": list(days),
            }
            for days, start, stop in schedule.windows
        ],
        "departureTimers": [],
        "isOEMOptimizationEnabled": False,
    }


def _charge_records(car: Car, shot: Snapshot) -> JsonObject:
    """Return the last charging sessions."""
    return {
        "values": [
            {
                "id": record.id,
                "cost": {
                    "currency": "EUR",
                    "energyAmount": round(record.energy * 0.31, 2),
                    "otherAmount": 0,
                },
                "startTime": iso(record.started),
                "endTime": iso(record.ended),
                "location": {
                    "name": "Home",
                    "address": None,
                    "latitude": round(car.home[0], 6),
                    "longitude": round(car.home[1], 6),
                },
                "energyAdded": round(record.energy, 2),
                "connectorType": "TYPE_2",
                "isPublicCharger": False,
                "startStateOfCharge": round(record.start_soc),
                "endStateOfCharge": round(record.end_soc),
            }
            for record in shot.records
        ]
    }


def _service_records(car: Car, shot: Snapshot) -> JsonObject:
    """Return one visit to the workshop."""
    return {
        "values": [
            {
                "id": None,
                "cost": {"amount": 289.0, "currency": "EUR"},
                "time": f"{car.model.year + 1}-05-12T09:30:00.000Z",
                "tasks": [{"id": "1", "description": "Inspection"}],
                "details": [],
                "odometer": 3_800.0,
            }
        ]
    }


def _system(car: Car, shot: Snapshot) -> JsonObject:
    """Return the status of a system that is well."""
    return {"status": "OK", "description": None}


def _oil_system(car: Car, shot: Snapshot) -> JsonObject:
    """Return the status of the oil."""
    if shot.state.oil_life < 10:
        return {"status": "ALERT", "description": "Oil change due"}
    return {"status": "OK", "description": None}


BODIES: Final[Mapping[str, Body]] = {
    "charge-amperage": _quantity("ampere", _amperes, 1),
    "charge-amperagemax": _quantity("ampere", lambda car, shot: car.model.amperes),
    "charge-amperagerequested": _quantity("ampere", _amperes, 1),
    "charge-chargelimits": _limits,
    "charge-chargeportstatuscolor": _port_color,
    "charge-chargerecords": _charge_records,
    "charge-chargerphases": _quantity(
        "count", lambda car, shot: car.model.phases if shot.state.charging else 0
    ),
    "charge-chargetimers": _timers,
    "charge-chargingconnectortype": _connector,
    "charge-detailedchargingstatus": _charging_status,
    "charge-energyadded": _quantity("kWh", lambda car, shot: shot.state.energy_added, 2),
    "charge-ischarging": _flag("charging"),
    "charge-ischargingcableconnected": _flag("plugged"),
    "charge-ischargingcablelatched": _flag("plugged"),
    "charge-ischargingportflapopen": _flag("port_open"),
    "charge-isfastchargerpresent": _flag("fast_charger"),
    "charge-voltage": _quantity("volts", _volts),
    "climate-externaltemperature": _quantity(
        "celsius", lambda car, shot: shot.state.external_temperature, 1
    ),
    "climate-internaltemperature": _quantity(
        "celsius", lambda car, shot: shot.state.internal_temperature, 1
    ),
    "closure-doors": lambda car, shot: _doors(shot.state),
    "closure-enginecover": _opening("hood_open", lock=False),
    "closure-fronttrunk": _opening("front_trunk_open", lock=True),
    "closure-islocked": _flag("locked"),
    "closure-reartrunk": _opening("trunk_open", lock=True),
    "closure-windows": lambda car, shot: _windows(shot.state),
    "connectivitysoftware-currentfirmwareversion": _const("3.4.1"),
    "connectivitystatus-isasleep": _flag("asleep"),
    "connectivitystatus-isdigitalkeypaired": _const(True),
    "connectivitystatus-isonline": _flag("online"),
    "diagnostics-abs": _system,
    "diagnostics-airbag": _system,
    "diagnostics-brakefluid": _system,
    "diagnostics-dtccount": _quantity("count", lambda car, shot: 0),
    "diagnostics-dtclist": lambda car, shot: {"values": []},
    "diagnostics-emissions": _system,
    "diagnostics-evcharging": _system,
    "diagnostics-evhvbattery": _system,
    "diagnostics-mil": _system,
    "diagnostics-oillife": _oil_system,
    "diagnostics-oilpressure": _system,
    "diagnostics-tirepressure": _system,
    "diagnostics-washerfluid": _system,
    "hvac-cabintargettemperature": _quantity(
        "celsius", lambda car, shot: shot.state.target_temperature, 1
    ),
    "hvac-iscabinhvacactive": _flag("hvac_on"),
    "hvac-isfrontdefrosteractive": _const(False),
    "hvac-isreardefrosteractive": _const(False),
    "hvac-issteeringheateractive": _const(False),
    "internalcombustionengine-amountremaining": _quantity(
        "liters", lambda car, shot: shot.state.fuel, 1
    ),
    "internalcombustionengine-fuellevel": _quantity(
        "percent", lambda car, shot: shot.state.fuel / car.model.tank_liters * 100
    ),
    "internalcombustionengine-oillife": _quantity("percent", lambda car, shot: shot.state.oil_life),
    "internalcombustionengine-range": _quantity(
        "km", lambda car, shot: shot.state.fuel / car.model.liters_per_km
    ),
    "location-isathome": _at_home,
    "location-preciselocation": _location,
    "lowvoltagebattery-stateofcharge": _quantity(
        "percent", lambda car, shot: shot.state.low_voltage
    ),
    "lowvoltagebattery-status": lambda car, shot: {
        "value": "GOOD" if shot.state.low_voltage >= 70 else "WARN"
    },
    "motion-currentspeed": _quantity("km/h", lambda car, shot: shot.state.speed),
    "odometer-traveleddistance": _quantity("km", lambda car, shot: shot.state.odometer, 1),
    "service-isinservice": _flag("in_service"),
    "service-records": _service_records,
    "surveillance-isenabled": _flag("asleep"),
    "tractionbattery-isheateractive": lambda car, shot: {
        "value": shot.state.charging and shot.state.external_temperature < 5
    },
    "tractionbattery-maxrangechargecounter": _quantity("count", lambda car, shot: 3),
    "tractionbattery-nominalcapacity": lambda car, shot: {
        "capacity": car.model.battery_kwh,
        "source": "SMARTCAR",
        "availableCapacities": [{"capacity": car.model.battery_kwh, "description": None}],
        "unit": "kWh",
    },
    "tractionbattery-range": _range,
    "tractionbattery-stateofcharge": _quantity("percent", lambda car, shot: shot.state.soc),
    "transmission-gearstate": lambda car, shot: {
        "value": "DRIVE" if shot.state.driving else "PARK"
    },
    "vehicleidentification-exteriorcolor": lambda car, shot: {"value": car.color},
    "vehicleidentification-nickname": lambda car, shot: {"value": car.nickname},
    "vehicleidentification-trim": lambda car, shot: {"value": car.model.trim},
    "vehicleidentification-vin": lambda car, shot: {"value": car.vin},
    "vehicleuseraccount-role": _const("OWNER"),
    "wheel-tires": _tires,
}
