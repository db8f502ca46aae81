"""The catalogue: one row for each of the 93 documented signals."""

import pytest

from custom_components.smartcar.api.catalogue import CATALOGUE

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
