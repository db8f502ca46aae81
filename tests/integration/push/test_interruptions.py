"""Push that stops working, and works again: signatures, tokens, silence."""

from datetime import timedelta
import json

import pytest

from custom_components.smartcar.const import (
    CONF_APPLICATION_MANAGEMENT_TOKEN,
    CONF_PREVIOUS_MANAGEMENT_TOKEN,
)
from simulator.misbehavior import Misbehavior, Signing
from tests.helpers.push_home import PushHome
from tests.helpers.times import LISTING, POLL


@pytest.mark.usefixtures("freezer")
async def test_wrong_signatures_raise_a_repair_and_polling_goes_on(home: PushHome) -> None:
    home.cloud.misbehave(home.webhook.id, Misbehavior(signature=Signing.WRONG))
    await home.report(soc=21.0)
    (issue,) = home.issues().values()
    # Four attempts at one event.
    assert (issue.translation_key, home.log.rejected) == ("push_rejected", 4)
    assert home.battery() != "21"
    await home.let_pass(POLL)
    assert home.battery() == "21"
    home.cloud.misbehave(home.webhook.id)
    await home.report(soc=22.0)
    assert (home.battery(), home.issues()) == ("22", {})


async def test_both_tokens_are_valid_during_a_rotation(home: PushHome) -> None:
    old = home.cloud.application_management_token
    new = "the-next-management-token"
    home.hass.config_entries.async_update_entry(
        home.entry,
        data={
            **home.entry.data,
            CONF_APPLICATION_MANAGEMENT_TOKEN: new,
            CONF_PREVIOUS_MANAGEMENT_TOKEN: old,
        },
    )
    await home.reload()
    await home.report(soc=61.0)
    assert home.battery() == "61"
    # A forger who gets a signature of the new one from VERIFY ends nothing.
    verify = b'{"eventType": "VERIFY", "data": {"challenge": "1"}}'
    _, answer = await home.post(verify)
    assert (await home.post(b"1", json.loads(answer)["challenge"]))[0] == 401
    assert CONF_PREVIOUS_MANAGEMENT_TOKEN in home.entry.data
    home.cloud.application_management_token = new
    await home.report(soc=62.0)
    assert home.battery() == "62"
    assert CONF_PREVIOUS_MANAGEMENT_TOKEN not in home.entry.data
    home.cloud.application_management_token = old
    await home.report(soc=63.0)
    assert home.battery() == "62"
    assert set(home.issues()) == {"push_rejected"}


@pytest.mark.usefixtures("freezer")
async def test_silence_raises_a_repair_and_polling_takes_over(home: PushHome) -> None:
    home.cloud.misbehave(home.webhook.id, Misbehavior(silent=True))
    # A car that sleeps is no reason to worry.
    await home.let_pass(timedelta(hours=9), LISTING)
    assert home.issues() == {}
    for day in range(2):
        home.cloud.patch_state(home.car.id, {"soc": 60.0 + day})
        await home.let_pass(POLL, timedelta(hours=6))
        assert home.battery() == str(60 + day)
    (issue,) = home.issues().values()
    assert issue.translation_key == "push_silent"
    assert int((issue.translation_placeholders or {})["hours"]) >= 12
    # It is still so after a restart, which knows how long ago the last push was.
    await home.reload()
    await home.let_pass(LISTING)
    assert set(home.issues()) == {"push_silent"}
    home.cloud.misbehave(home.webhook.id)
    await home.report(soc=70.0)
    assert (home.battery(), home.issues()) == ("70", {})
