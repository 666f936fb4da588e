"""What becomes of pages that are open while the viewer goes and comes back."""

import http.server
import re
import subprocess
import sys
import threading
from typing import ClassVar

import pytest
from playwright.sync_api import Page, expect
from tests.programs import PATIENCE
from tests.viewer.browser.conftest import World

pytestmark = pytest.mark.long

EDIT = "fetch('/api/v1/edits', {method: 'POST', body: '{\"edits\": []}'}).then(answer => answer.status)"


def started(world: World, port: int) -> tuple[subprocess.Popen[str], str]:
    """A viewer, and its address with the token."""
    command = [sys.executable, "-m", "runicorn", "viewer", "--no-browser", "--port", str(port)]
    process = subprocess.Popen(command, env=world.environment, text=True, stdout=subprocess.PIPE)
    assert process.stdout is not None
    found = re.search(r"http://\S+", process.stdout.readline())
    assert found
    return process, found[0]


class Other(http.server.BaseHTTPRequestHandler):
    """Somebody else at that address."""

    asked: ClassVar[threading.Event]

    def do_GET(self) -> None:
        self.send_error(404)
        self.asked.set()

    def log_message(self, *_: object) -> None:
        pass


def test_pages_find_a_viewer_that_was_killed_and_started_again_and_can_edit(page: Page, world: World) -> None:
    first, address = started(world, 0)
    page.goto(address)
    expect(page.locator(".line").first).to_be_visible()
    assert page.evaluate(EDIT) == 200
    port = int(page.evaluate("Number(location.port)"))
    with first:
        first.kill()
    expect(page.locator(".offline")).to_be_visible()
    Other.asked = threading.Event()
    with http.server.ThreadingHTTPServer(("127.0.0.1", port), Other) as other:
        threading.Thread(target=other.serve_forever).start()
        assert Other.asked.wait(PATIENCE), "the page has given up"
        other.shutdown()
    again, _ = started(world, port)
    with again:
        expect(page.locator(".offline")).to_have_count(0, timeout=PATIENCE * 1000)
        assert page.evaluate(EDIT) == 200
        again.kill()
