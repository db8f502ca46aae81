"""Which signals each kind of car supports."""

from collections.abc import Mapping
from typing import Final

from .models import Kind

_EVERY_CAR: Final = (
    "closure-doors",
    "closure-enginecover",
    "closure-islocked",
    "closure-reartrunk",
    "closure-windows",
    "connectivitysoftware-currentfirmwareversion",
    "connectivitystatus-isonline",
    "location-preciselocation",
    "lowvoltagebattery-stateofcharge",
    "odometer-traveleddistance",
    "service-isinservice",
    "vehicleidentification-exteriorcolor",
    "vehicleidentification-nickname",
    "vehicleidentification-trim",
    "vehicleidentification-vin",
    "wheel-tires",
)

_PLUG: Final = (
    "charge-amperage",
    "charge-amperagemax",
    "charge-chargelimits",
    "charge-chargerate",
    "charge-chargetimers",
    "charge-chargingconnectortype",
    "charge-detailedchargingstatus",
    "charge-energyadded",
    "charge-ischarging",
    "charge-ischargingcableconnected",
    "charge-ischargingcablelatched",
    "charge-timetocomplete",
    "charge-voltage",
    "charge-wattage",
    "climate-externaltemperature",
    "climate-internaltemperature",
    "connectivitystatus-isasleep",
    "diagnostics-evcharging",
    "diagnostics-evhvbattery",
    "hvac-cabintargettemperature",
    "hvac-iscabinhvacactive",
    "motion-currentspeed",
    "tractionbattery-nominalcapacity",
    "tractionbattery-range",
    "tractionbattery-stateofcharge",
    "transmission-gearstate",
)

_TANK: Final = (
    "diagnostics-dtccount",
    "diagnostics-dtclist",
    "diagnostics-mil",
    "diagnostics-oillife",
    "diagnostics-oilpressure",
    "diagnostics-tirepressure",
    "diagnostics-washerfluid",
    "internalcombustionengine-amountremaining",
    "internalcombustionengine-fuellevel",
    "internalcombustionengine-oillife",
    "internalcombustionengine-range",
)

CAPABLE: Final[Mapping[Kind, tuple[str, ...]]] = {
    Kind.BEV: (
        *_EVERY_CAR,
        *_PLUG,
        "charge-chargeportstatuscolor",
        "charge-ischargingportflapopen",
        "charge-isfastchargerpresent",
        "closure-fronttrunk",
        "connectivitystatus-isdigitalkeypaired",
        "hvac-isfrontdefrosteractive",
        "hvac-issteeringheateractive",
        "surveillance-isenabled",
        "tractionbattery-isheateractive",
    ),
    Kind.PHEV: (
        *_EVERY_CAR,
        *_PLUG,
        *_TANK,
        "charge-chargerecords",
        "lowvoltagebattery-status",
    ),
    Kind.ICE: (
        *_EVERY_CAR,
        *_TANK,
        "diagnostics-abs",
        "diagnostics-brakefluid",
        "service-records",
    ),
}
"""Codes that answer SUCCESS: about 50, 55 and 30."""

NOT_CAPABLE: Final[Mapping[Kind, tuple[str, ...]]] = {
    Kind.BEV: (
        "closure-sunroof",
        "internalcombustionengine-amountremaining",
        "internalcombustionengine-fuellevel",
        "internalcombustionengine-range",
        "vehicleuseraccount-permissions",
        "vehicleuseraccount-role",
    ),
    Kind.PHEV: (
        "closure-fronttrunk",
        "closure-sunroof",
        "connectivitystatus-isdigitalkeypaired",
        "vehicleuseraccount-role",
    ),
    Kind.ICE: (
        "charge-ischarging",
        "closure-fronttrunk",
        "connectivitystatus-isasleep",
        "tractionbattery-range",
        "tractionbattery-stateofcharge",
        "vehicleuseraccount-role",
    ),
}
"""Codes in the store that answer VEHICLE_NOT_CAPABLE; every other code is absent."""
