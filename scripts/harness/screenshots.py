"""`scripts/screenshots`: a picture of each page in light, in dark and on a phone, of runs as people have them."""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Browser

from benches.tab import chromium, tab
from harness.believable import fill

_DESK, _PHONE = (1440, 900), (390, 844)
_LOOKS = {"light": ("light", _DESK), "dark": ("dark", _DESK), "phone": ("light", _PHONE)}

PAGES = {
    "workspace": "/",
    "filtered": "/?path=cv&q=val/acc>=.7&sort=-val/acc&pin=val/acc",
    "groups": "/?path=cv&group=config.lr&show=top:27&lines=mean:range",
    "smoothed": "/?path=cv/resnet50&sm=ema:0.9&y=log",
    "zoomed": "/?path=llm&x=step:850..950",
    "wrong": "/?q=lr<",
    "nothing": "/?q=alias=none",
    "run": "/run/{llm}",
    "run-logs": "/run/{llm}/logs",
    "run-config": "/run/{llm}/config",
    "run-system": "/run/{llm}/system",
    "run-info": "/run/{llm}/info",
    "run-failed": "/run/{failed}",
    "run-failed-logs": "/run/{failed}/logs",
    "run-ranks": "/run/{ranks}/ranks",
    "diff": "/diff?a={llm}&b={failed}",
    "alerts": "/alerts",
    "trash": "/trash",
    "settings": "/settings",
    "embed": "/embed?path=cv/resnet50&metrics=train/loss,val/acc",
}
"""Addresses by the name of the picture; {llm} and the like stand for runs of harness.believable."""

KEYS = {"help": "?", "palette": "Control+k", "columns": "C"}
"""What is opened over the workspace, by the key that does."""


def main() -> int:
    """Takes the pictures and prints where they are."""
    parser = argparse.ArgumentParser(prog="scripts/screenshots", description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, default=Path("screenshots"), help="where to (screenshots)")
    parser.add_argument("--only", nargs="+", choices=[*PAGES, *KEYS], metavar="PAGE", help="these pages only")
    chosen = parser.parse_args()
    chosen.folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="rn-screenshots-", dir="/tmp") as root:
        shown = fill(Path(root))
        command = [sys.executable, "-m", "runicorn", "viewer", "--no-browser", "--port", "0", "--storage", root]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process, chromium() as browser:
            assert process.stdout is not None
            found = re.search(r"(http://[^/]+)/(\S*)", process.stdout.readline())
            assert found, "the viewer did not say where it is"
            try:
                for look in _LOOKS:
                    _take(browser, found[1], found[2], look, shown, chosen.folder, chosen.only)
            finally:
                process.terminate()
    return 0


def _take(
    browser: Browser, url: str, token: str, look: str, shown: dict[str, str], folder: Path, only: list[str] | None
) -> None:
    scheme, (width, height) = _LOOKS[look]
    options = {"viewport": {"width": width, "height": height}, "color_scheme": scheme, "base_url": url}
    with tab(browser, **options) as one:
        one.page.goto(f"/{token}")
        for name, address in (PAGES | dict.fromkeys(KEYS, "/")).items():
            if only is None or name in only:
                one.page.goto(address.format(**shown))
                one.settle()
                if name in KEYS:
                    one.page.keyboard.press(KEYS[name])
                one.page.screenshot(path=folder / f"{name}-{look}.png", animations="disabled")
                print(folder / f"{name}-{look}.png", flush=True)


if __name__ == "__main__":
    sys.exit(main())
