"""The tables of entities, beside the catalogue of signals and the texts."""

import json
from pathlib import Path

import custom_components.smartcar
from custom_components.smartcar import binary_sensor, sensor
from custom_components.smartcar.api.catalogue import CATALOGUE
from simulator.catalogue import SIGNALS
from tests.helpers.signal_table import TABLE


def test_signal_table_covers_the_catalogue() -> None:
    assert len(TABLE) == 93
    assert TABLE.keys() == CATALOGUE.keys() == SIGNALS.keys()
    assert all(row.shown or row.device for row in TABLE.values())


def test_every_option_is_translated() -> None:
    folder = Path(custom_components.smartcar.__file__).parent
    texts = json.loads((folder / "translations/en.json").read_text())["entity"]["sensor"]
    rows = [row for row in sensor.SENSORS if row.options]
    assert {row.key for row in rows} == {
        "charge_connector_type",
        "charge_fast_charger_type",
        "charging_state",
        "charging_status_abc",
        "gear_state",
        "low_voltage_battery_status",
    }
    for row in rows:
        assert set(row.options or ()) == texts[row.key]["state"].keys()


def test_no_two_entities_share_a_key() -> None:
    for rows in (sensor.SENSORS, binary_sensor.BINARY_SENSORS):
        keys = [row.key for row in rows]
        assert len(keys) == len(set(keys))
