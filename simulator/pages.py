"""The HTML of the Connect pages: small, without scripts and without external resources."""

from collections.abc import Collection
from html import escape
from typing import Final

from .cloud import Cloud
from .connect import ERRORS, AuthorizeLink, ReauthenticateLink
from .ownership import Owner

_STYLE: Final = """
:root { color-scheme: light dark; --line: #8886; --accent: #1463d6; }
* { box-sizing: border-box; }
body { font: 16px/1.5 system-ui, sans-serif; margin: 0; padding: 1.5rem; }
main { max-width: 34rem; margin: 0 auto; }
h1 { font-size: 1.5rem; line-height: 1.25; margin: .5rem 0 1rem; }
.brand { font-weight: 600; opacity: .75; }
fieldset { border: 1px solid var(--line); border-radius: .75rem; margin: 0 0 1.25rem;
  padding: .5rem 1rem 1rem; }
legend { font-weight: 600; padding: 0 .4rem; }
label { display: flex; gap: .6rem; padding: .35rem 0; align-items: baseline; }
small { opacity: .75; }
.columns { display: grid; grid-template-columns: repeat(auto-fill, minmax(14rem, 1fr));
  column-gap: 1rem; }
.buttons { display: flex; flex-wrap: wrap; gap: .6rem; margin-bottom: 1.25rem; }
button { font: inherit; padding: .6rem 1.1rem; border-radius: .6rem; cursor: pointer;
  border: 1px solid var(--line); background: transparent; color: inherit; }
button.main { background: var(--accent); border-color: var(--accent); color: #fff; }
button.wide { display: block; width: 100%; text-align: left; margin: .5rem 0; }
button:focus-visible, input:focus-visible { outline: 3px solid var(--accent);
  outline-offset: 2px; }
[role=alert] { border-left: .3rem solid #c62828; padding: .4rem .8rem; }
"""


def _page(title: str, content: str) -> str:
    """Return a whole page."""
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n<main>\n"
        '<p class="brand">Connect (simulator)</p>\n'
        f"<h1>{escape(title)}</h1>\n{content}\n</main>\n</body>\n</html>\n"
    )


def _hidden(name: str, value: str) -> str:
    """Return a hidden field."""
    return f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">'


def _button(name: str, value: str, label: str, style: str = "") -> str:
    """Return a button that sends a decision."""
    class_ = f' class="{style}"' if style else ""
    return (
        f'<button type="submit"{class_} id="{escape(f"{name}-{value}")}" '
        f'name="{escape(name)}" value="{escape(value)}">{label}</button>'
    )


def message_page(title: str, text: str) -> str:
    """Return a page with a message only."""
    return _page(title, f"<p>{escape(text)}</p>")


def owner_page(cloud: Cloud, link: AuthorizeLink) -> str:
    """Return the page on which the owner says who they are."""
    buttons = "\n".join(
        _button("owner", owner.id, _owner_label(cloud, link, owner), "wide")
        for owner in cloud.owners.values()
    )
    return _page(
        "Who are you?",
        f"<p>{escape(cloud.application_name)} would like to connect to your car. "
        "Choose the owner to log in as.</p>\n"
        f'<form method="get" action="/_connect/choose">\n{_hidden("authorize", link.query)}\n'
        f"{buttons}\n</form>",
    )


def _owner_label(cloud: Cloud, link: AuthorizeLink, owner: Owner) -> str:
    """Return the words on the button of an owner."""
    count = len(link.cars(cloud, owner.id))
    cars = "1 car" if count == 1 else f"{count} cars"
    return f"<strong>{escape(owner.name)}</strong> <small>{cars}</small>"


def choice_page(
    cloud: Cloud,
    link: AuthorizeLink,
    owner: Owner,
    *,
    problem: str | None = None,
    ticked: Collection[str] | None = None,
) -> str:
    """Return the page on which the owner chooses cars and permissions."""
    chosen = link.chosen_at_first(cloud, owner.id) if ticked is None else ticked
    connected = {one.vehicle_id for one in cloud.connections_of(user_id=owner.id)}
    kind = "radio" if link.single else "checkbox"
    cars = "\n".join(
        f'<label><input type="{kind}" name="vehicle" value="{car.id}"'
        f"{' checked' if car.id in chosen else ''}>"
        f"<span>{escape(f'{car.model.make} {car.model.name} {car.model.year}')}"
        f"{' <small>already connected</small>' if car.id in connected else ''}</span></label>"
        for car in link.cars(cloud, owner.id)
    )
    offers = "\n".join(
        f'<label><input type="checkbox" name="permission" value="{offer.name}" checked'
        f"{' disabled' if offer.required else ''}><span>{offer.name}"
        f"{' <small>required</small>' if offer.required else ''}</span></label>"
        # A disabled box is not sent.
        f"{_hidden('permission', offer.name) if offer.required else ''}"
        for offer in link.offers
    )
    failures = "\n".join(
        _button("decision", error, escape(error)) for error in ERRORS if error != "access_denied"
    )
    alert = f'<p role="alert">{escape(problem)}</p>\n' if problem else ""
    return _page(
        f"Hello {owner.name}, choose your cars",
        f'{alert}<form method="post" action="/_connect/decide">\n'
        f"{_hidden('authorize', link.query)}\n{_hidden('owner', owner.id)}\n"
        f"<fieldset><legend>Cars ({link.mode})</legend>\n"
        f"{cars or '<p>This owner has no such car.</p>'}\n</fieldset>\n"
        f'<fieldset><legend>Permissions</legend>\n<div class="columns">\n{offers}\n</div>\n'
        f'</fieldset>\n<div class="buttons">\n{_button("decision", "allow", "Allow", "main")}\n'
        f"{_button('decision', 'decline', 'Decline')}\n</div>\n"
        '<fieldset><legend>End with an error</legend>\n<div class="buttons">\n'
        f"{failures}\n</div>\n</fieldset>\n</form>",
    )


def reauthenticate_page(cloud: Cloud, link: ReauthenticateLink) -> str:
    """Return the page on which an owner logs in to the maker again."""
    model = cloud.cars[link.vehicle_id].model
    return _page(
        "Log in again",
        f"<p>{escape(model.make)} needs the owner of the {escape(model.name)} "
        "to log in again.</p>\n"
        '<form method="post" action="/_connect/reauthenticate">\n'
        f"{_hidden('authorize', link.query)}\n"
        f'<div class="buttons">\n{_button("decision", "allow", "Log in", "main")}\n'
        f"{_button('decision', 'decline', 'Cancel')}\n</div>\n</form>",
    )
