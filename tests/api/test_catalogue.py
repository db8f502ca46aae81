"""The catalogue: one row for each of the 93 documented signals."""

import pytest

from custom_components.smartcar.api import JsonObject
from custom_components.smartcar.api.catalogue import CATALOGUE, ODOMETER

from .documented import ALL


def test_the_catalogue_has_exactly_the_documented_signals() -> None:
    assert len(ALL) == 93
    assert set(CATALOGUE) == ALL
    for code, row in CATALOGUE.items():
        assert row.code == code
        assert row.group == code.split("-")[0]
        assert row.permission.startswith("read_")


@pytest.mark.parametrize(
    ("permission", "codes"),
    [
        ("read_charge", "charge-chargelimits charge-ischarging charge-detailedchargingstatus"),
        ("read_security", "closure-doors closure-islocked closure-windows closure-sunroof"),
        ("read_diagnostics", "diagnostics-abs diagnostics-dtclist diagnostics-dtccount"),
        ("read_climate", "hvac-cabintargettemperature hvac-iscabinhvacactive"),
        ("read_fuel", "internalcombustionengine-range"),
        ("read_location", "location-preciselocation"),
        ("read_odometer", "odometer-traveleddistance"),
        ("read_vin", "vehicleidentification-vin"),
        (
            "read_battery",
            "tractionbattery-nominalcapacity tractionbattery-range tractionbattery-stateofcharge",
        ),
    ],
)
def test_permissions_match_live_grants(permission: str, codes: str) -> None:
    for code in codes.split():
        assert CATALOGUE[code].permission == permission


LASTING = {
    "charge-chargelimits",
    "charge-chargerecords",
    "charge-chargetimers",
    "charge-energyadded",
    "connectivitysoftware-currentfirmwareversion",
    "connectivitystatus-isdigitalkeypaired",
    "internalcombustionengine-amountremaining",
    "internalcombustionengine-fuellevel",
    "internalcombustionengine-oillife",
    "internalcombustionengine-range",
    "location-isathome",
    "location-preciselocation",
    "lowvoltagebattery-stateofcharge",
    "odometer-traveleddistance",
    "service-records",
    "surveillance-brand",
    "tractionbattery-maxrangechargecounter",
    "tractionbattery-nominalcapacity",
    "tractionbattery-range",
    "tractionbattery-stateofcharge",
    "vehicleidentification-exteriorcolor",
    "vehicleidentification-nickname",
    "vehicleidentification-packages",
    "vehicleidentification-trim",
    "vehicleidentification-vin",
    "vehicleuseraccount-permissions",
    "vehicleuseraccount-role",
    "wheel-style",
    "wheel-tires",
}


def test_lasting_values_are_those_that_stay_true_while_nobody_reports_them() -> None:
    assert {code for code, row in CATALOGUE.items() if row.lasting} == LASTING


def test_most_signals_are_replaced_by_the_new_body_whole() -> None:
    stored: JsonObject = {"value": 1, "unit": "km"}
    new: JsonObject = {"value": 2}
    assert CATALOGUE["odometer-traveleddistance"].complete(stored, new) is new
    assert CATALOGUE["charge-ischarging"].complete(stored, new) is new


def test_only_lasting_signals_are_completed() -> None:
    completed = {code for code, row in CATALOGUE.items() if row.complete is not ODOMETER.complete}
    assert completed == {
        "charge-chargelimits",
        "internalcombustionengine-fuellevel",
        "location-preciselocation",
        "wheel-tires",
    }
    assert completed <= LASTING
