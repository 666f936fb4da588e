"""`scripts/screenshots`: a picture of each page in light, in dark and on a phone, of runs as people have them."""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
from pathlib import Path

from playwright.sync_api import Browser

import runicorn as rn
from benches.home import Home
from benches.tab import chromium, tab
from harness.believable import fill

_EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
_DESK, _PHONE = (1440, 900), (390, 844)
_LOOKS = {"light": ("light", _DESK), "dark": ("dark", _DESK), "phone": ("light", _PHONE)}

PAGES = {
    "workspace": "/",
    "filtered": "/?path=cv&q=val/acc>=.7&sort=-val/acc&pin=val/acc",
    "groups": "/?path=cv&group=config.lr&show=top:27&lines=mean:range",
    "charts": "/?path=cv&seen=charts",
    "smoothed": "/?path=cv/resnet50&sm=ema:0.9&y=log",
    "zoomed": "/?path=llm&x=step:850..950",
    "wrong": "/?q=lr<",
    "nothing": "/?q=alias=none",
    "run": "/run/{llm}",
    "run-logs": "/run/{llm}/logs",
    "run-system": "/run/{llm}/system",
    "run-info": "/run/{llm}/info",
    "run-failed": "/run/{failed}",
    "run-failed-logs": "/run/{failed}/logs",
    "run-ranks": "/run/{ranks}/ranks",
    "run-rollouts": "/run/{rl}/rollouts",
    "run-heatmap": "/run/{ranks}/ranks?as=heatmap",
    "run-media": "/run/{unet}/media",
    "run-media-large": "/run/{unet}/media?medium=image:val/predictions&c=400&b=80",
    "run-tables": "/run/{unet}/tables",
    "run-code": "/run/{unet}/code?file=train.py",
    "run-data": "/run/{unet}/data",
    "run-unet": "/run/{unet}",
    "run-unet-info": "/run/{unet}/info",
    "grpo": "/run/{grpo}",
    "grpo-rollouts": "/run/{grpo}/rollouts",
    "grpo-tables": "/run/{grpo}/tables",
    "grpo-media": "/run/{grpo}/media",
    "diff": "/diff?a={unet}&b={other}",
    "diff-failed": "/diff?a={llm}&b={failed}",
    "artifacts": "/artifacts",
    "alerts": "/alerts",
    "host": "/host",
    "reports": "/reports",
    "report": "/reports/augment.md",
    "trash": "/trash",
    "settings": "/settings",
    "embed": "/embed?path=cv/resnet50&metrics=train/loss,val/acc",
}
"""Addresses by the name of the picture; {llm} and the like stand for runs of harness.believable."""

OVERS = {
    "help": ("/", "?"),
    "palette": ("/", "Control+k"),
    "columns": ("/", "C"),
    "run-help": ("/run/{llm}", "?"),
}
"""What is opened over an address, by the key that does."""


def main() -> int:
    """Takes the pictures and prints where they are."""
    parser = argparse.ArgumentParser(prog="scripts/screenshots", description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, default=Path("screenshots"), help="where to (screenshots)")
    parser.add_argument("--only", nargs="+", choices=[*PAGES, *OVERS], metavar="PAGE", help="these pages only")
    chosen = parser.parse_args()
    chosen.folder.mkdir(parents=True, exist_ok=True)
    with Home() as home:
        shown = _trained(home) | fill(home.root)
        command = [
            sys.executable,
            "-m",
            "runicorn",
            "viewer",
            "--no-browser",
            "--port",
            "0",
            "--storage",
            str(home.root),
        ]
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


def _trained(home: Home) -> dict[str, str]:
    """Has programs log what only a daemon can make files of; gives their runs' ids."""
    home.python("-m", "harness.segmenting", str(home.folder / "blobs-a"), "1e-3")
    home.python("-m", "harness.segmenting", str(home.folder / "blobs-b"), "3e-4")
    home.python(str(_EXAMPLES / "grpo.py"))
    home.settle()
    home.runid("stop")
    runs = rn.Api(home.root).runs()
    by_alias = {run.alias: run.id for run in runs}
    grpo = next(run.id for run in runs if run.path == "examples/grpo")
    return {"unet": by_alias["unet-lr0.001"], "other": by_alias["unet-lr0.0003"], "grpo": grpo}


def _take(
    browser: Browser, url: str, token: str, look: str, shown: dict[str, str], folder: Path, only: list[str] | None
) -> None:
    scheme, (width, height) = _LOOKS[look]
    options = {"viewport": {"width": width, "height": height}, "color_scheme": scheme, "base_url": url}
    with tab(browser, **options) as one:
        one.page.goto(f"/{token}")
        for name, (address, key) in ({name: (at, "") for name, at in PAGES.items()} | OVERS).items():
            if only is None or name in only:
                one.page.goto(address.format(**shown))
                one.settle()
                if key:
                    one.page.keyboard.press(key)
                    one.page.wait_for_selector("dialog[open]")
                    one.settle()
                one.page.screenshot(path=folder / f"{name}-{look}.png", animations="disabled")
                print(folder / f"{name}-{look}.png", flush=True)


if __name__ == "__main__":
    sys.exit(main())
