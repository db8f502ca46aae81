"""The integration's config flow, over HTTP as the frontend uses it."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

from .cloud import Cloud
from .home_assistant import HomeAssistant
from .processes import DemoError

type Step = Mapping[str, Any]
type Answer = Callable[[Step], Mapping[str, object]]

_URL: Final = "/api/config/config_entries/flow"
_MOST_STEPS: Final = 15


def _defaults(step: Step) -> dict[str, object]:
    """Return the preset values of a form."""
    return {
        row["name"]: row["default"] if "default" in row else row["description"]["suggested_value"]
        for row in step["data_schema"]
        if "default" in row or "suggested_value" in (row.get("description") or {})
    }


async def set_up(instance: HomeAssistant, cloud: Cloud) -> str:
    """Set the integration up with the cars that are connected; return the entry's id."""
    answers: dict[str, Answer] = {
        "user": lambda _: {"client_id": cloud.client_id, "client_secret": cloud.client_secret},
        "connected": lambda _: {"next_step_id": "vehicles"},
        "vehicles": _defaults,
        # The internet does not reach this Home Assistant, and there is no HTTPS.
        "push_unavailable": lambda _: {"next_step_id": "without_push"},
    }
    end = await _walk(instance, {"handler": "smartcar"}, answers)
    if end["type"] != "create_entry":
        raise DemoError(f"The set-up ends with '{end.get('reason')}' instead of an entry.")
    entry_id: str = end["result"]["entry_id"]
    return entry_id


async def connect_another(instance: HomeAssistant, cloud: Cloud, entry_id: str) -> None:
    """Connect one more car with Connect, from the entry's reconfigure flow."""

    async def give_consent(step: Step) -> None:
        """Consent as the owner, and follow the redirect as the browser."""
        answer = await cloud.control("POST", "connect", {"authorize_url": step["url"]})
        callback = answer["redirect"] or ""
        if not callback.startswith(f"{instance.origin}/auth/external/callback?"):
            raise DemoError(f"Connect redirects to '{callback}' instead of to Home Assistant.")
        await instance.request("GET", callback.removeprefix(instance.origin))

    answers: dict[str, Answer] = {
        "reconfigure": lambda _: {"next_step_id": "connect"},
        "connect": lambda step: {**_defaults(step), "application_id": cloud.application_id},
        "vehicles": _defaults,
    }
    start = {"handler": "smartcar", "entry_id": entry_id}
    end = await _walk(instance, start, answers, give_consent)
    if end.get("reason") != "reconfigure_successful":
        raise DemoError(f"Connecting another car ends with '{end.get('reason')}'.")


async def _walk(
    instance: HomeAssistant,
    start: Mapping[str, object],
    answers: Mapping[str, Answer],
    leave: Callable[[Step], Awaitable[None]] | None = None,
) -> Step:
    """Answer each step, and return the last one."""
    step: Step = await instance.request("POST", _URL, start)
    for _ in range(_MOST_STEPS):
        match step["type"]:
            case "create_entry" | "abort":
                return step
            case "form" | "menu" if answer := answers.get(step["step_id"]):
                if errors := step.get("errors"):
                    raise DemoError(f"The step '{step['step_id']}' answers with {errors}.")
                step = await instance.request("POST", f"{_URL}/{step['flow_id']}", answer(step))
            case "external" if leave is not None:
                await leave(step)
                step = await instance.request("GET", f"{_URL}/{step['flow_id']}")
            case "external_done":
                step = await instance.request("GET", f"{_URL}/{step['flow_id']}")
            case kind:
                raise DemoError(f"The flow has an unexpected {kind}: '{step.get('step_id')}'.")
    raise DemoError("The flow does not come to an end.")
