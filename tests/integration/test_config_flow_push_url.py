"""The test of the own push URL, which Reconfigure offers."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from ipaddress import IPv4Address
from pathlib import Path
import ssl

from aiohttp import web
from aiohttp.test_utils import TestServer, unused_port
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util
import pytest

from custom_components.smartcar.push import url as push_url
from simulator import Cloud
from tests.helpers.cloudhooks import Cloudhooks
from tests.helpers.flow import HTML, Person, entry_with_push
from tests.helpers.home import NewEntry

pytestmark = pytest.mark.usefixtures("no_secret_in_log")

type Handler = Callable[[web.Request], Awaitable[web.Response]]
type RunUrlTest = Callable[[str], Awaitable[None]]


@pytest.fixture
async def run_url_test(
    hass: HomeAssistant,
    cloud: Cloud,
    push_person: Person,
    cloudhooks: Cloudhooks,
    new_entry: NewEntry,
) -> RunUrlTest:
    """Return a function that runs the test of the push URL at an origin."""
    entry = entry_with_push(new_entry, cloud)
    assert await hass.config_entries.async_setup(entry.entry_id)
    await push_person.reconfigure(entry)

    async def run(origin: str) -> None:
        cloudhooks.hooks[entry.data["webhook_id"]] = url = (
            f"{origin}/api/webhook/{entry.data['webhook_id']}"
        )
        await push_person.choose("test_push")
        assert push_person.options == ["finish", "test_push", "push"]
        assert push_person.push_url == url

    return run


async def _refuse(_: web.Request) -> web.Response:
    return web.Response(status=405)


async def _redirect(_: web.Request) -> web.Response:
    raise web.HTTPFound("/elsewhere")


async def _answer_nothing(_: web.Request) -> web.Response:
    return web.Response()


async def _show_page(_: web.Request) -> web.Response:
    return web.Response(text=HTML, content_type="text/html")


async def _send_bytes(_: web.Request) -> web.Response:
    return web.Response(body=b"\xff\xfe\xff")


async def _answer_wrong_signature(_: web.Request) -> web.Response:
    return web.json_response({"challenge": "0" * 64})


async def _abort_connection(request: web.Request) -> web.Response:
    assert request.transport is not None
    request.transport.abort()
    return web.Response()


async def _hang(_: web.Request) -> web.Response:
    await asyncio.sleep(1)
    return web.Response()


@asynccontextmanager
async def serving(handler: Handler, context: ssl.SSLContext | None = None) -> AsyncGenerator[str]:
    """Run a server with one handler for every path; return its origin."""
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", handler)
    server = TestServer(app, host="127.0.0.1", scheme="https" if context else "http")
    await server.start_server(ssl=context)
    async with server:
        yield str(server.make_url("")).rstrip("/")


@pytest.mark.parametrize("vehicles", [1])
async def test_working_url_changes_nothing(push_person: Person, run_url_test: RunUrlTest) -> None:
    """The request goes over the network to the view that receives deliveries."""
    origin = str(push_person.browser.make_url("")).rstrip("/")
    entry = push_person.entry()
    kept = dict(entry.data)
    for _ in range(2):
        await run_url_test(origin)
        assert push_person.step == "push_test_works"
        await push_person.reload_page()
        assert push_person.step == "push_test_works"
    assert entry.runtime_data.context.push_log.rejected == 0
    await push_person.choose("finish")
    push_person.assert_done()
    assert entry.data == kept
    await push_person.reconfigure(entry)
    await run_url_test(origin)
    await push_person.choose("push")
    assert push_person.step == "push"


@pytest.mark.parametrize("vehicles", [1])
@pytest.mark.parametrize(
    ("handler", "step", "status"),
    [
        (_refuse, "push_test_wrong_status", "405"),
        (_redirect, "push_test_wrong_status", "302"),
        (_answer_nothing, "push_test_wrong_answer", "200"),
        (_show_page, "push_test_wrong_answer", "200"),
        (_send_bytes, "push_test_wrong_answer", "200"),
        (_answer_wrong_signature, "push_test_wrong_answer", "200"),
        (_abort_connection, "push_test_unreachable", ""),
        (_hang, "push_test_unreachable", ""),
    ],
)
async def test_wrong_answer_shows_its_menu(
    push_person: Person,
    run_url_test: RunUrlTest,
    handler: Handler,
    step: str,
    status: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(push_url, "_TEST_TIMEOUT", 0.5)
    async with serving(handler) as origin:
        await run_url_test(origin)
        assert push_person.step == step
        assert push_person.placeholders["status"] == status
        await push_person.reload_page()
        assert push_person.step == step


@pytest.mark.parametrize("vehicles", [1])
async def test_closed_port_is_unreachable(push_person: Person, run_url_test: RunUrlTest) -> None:
    await run_url_test(f"http://127.0.0.1:{unused_port()}")
    assert push_person.step == "push_test_unreachable"


@pytest.mark.parametrize("vehicles", [1])
@pytest.mark.parametrize("kind", ["self-signed", "no TLS"])
async def test_untrusted_certificate_shows_its_menu(
    push_person: Person, run_url_test: RunUrlTest, tmp_path: Path, kind: str
) -> None:
    context = _self_signed(tmp_path) if kind == "self-signed" else None
    async with serving(_answer_nothing, context) as origin:
        await run_url_test(origin.replace("http:", "https:"))
        assert push_person.step == "push_test_bad_certificate"
        await push_person.reload_page()
        assert push_person.step == "push_test_bad_certificate"


def _self_signed(folder: Path) -> ssl.SSLContext:
    """Return the TLS context of a server with a self-signed certificate."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = dt_util.utcnow()
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))]), critical=False
        )
        .sign(key, hashes.SHA256())
    )
    pem = folder / "server.pem"
    pem.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    return context
