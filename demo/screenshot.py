"""A screenshot of the dashboard, with a Chromium that is installed already."""

import asyncio
from pathlib import Path
import shutil
from typing import Final

from playwright.async_api import Error, async_playwright

from .home_assistant import PASSWORD, USER, HomeAssistant
from .processes import DemoError
from .terminal import print_progress

_FLAGS: Final = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
_TIMEOUT: Final = 120_000
_BROWSERS: Final = ("chromium", "chromium-browser", "google-chrome")


async def shoot(instance: HomeAssistant, path: Path) -> None:
    """Log in as a person does, and save a screenshot. Raises DemoError."""
    browser_path = next(filter(None, map(shutil.which, _BROWSERS)), None)
    if browser_path is None:
        raise DemoError("A screenshot needs Chromium; on Debian: apt-get install chromium")
    try:
        async with async_playwright() as playwright:
            browser = await playwright.chromium.launch(
                executable_path=browser_path, args=list(_FLAGS)
            )
            page = await browser.new_page(viewport={"width": 1400, "height": 1000})
            page.set_default_timeout(_TIMEOUT)
            await page.goto(instance.origin)
            await page.locator("input[name=username]").fill(USER)
            await page.locator("input[name=password]").fill(PASSWORD)
            await page.locator("input[name=password]").press("Enter")
            await page.locator("hui-tile-card").first.wait_for()
            await page.wait_for_load_state("networkidle")
            # Cards appear one after the other, and no event marks the last one.
            await asyncio.sleep(3)
            await page.screenshot(path=path)
            await browser.close()
    except Error as error:
        raise DemoError(f"The screenshot failed: {error}") from error
    print_progress(f"saved {path}")
