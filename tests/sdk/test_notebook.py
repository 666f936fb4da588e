"""What a notebook shows of a run."""

import math
import re
import subprocess
import sys
from xml.etree import ElementTree as ET

from tests.conftest import Home

import runicorn as rn
from runid import places, viewers

HOSTILE = "<script>alert(1)</script>\"'"


def test_a_run_in_a_notebook(home: Home) -> None:
    with rn.init("shown", run_id="shown", alias=HOSTILE, config={HOSTILE: HOSTILE}) as run:
        assert run._repr_html_() is None or "running" in str(run._repr_html_())
        for step in range(1000):
            run.log({HOSTILE: 40.0 if step == 777 else math.sin(step), "a,b": float("nan")}, step=step)
        assert run.flush()
        live = run._repr_html_()
    assert live is not None
    assert "◐ running, step 999" in live
    shown = rn.Api().run("shown")._repr_html_()
    assert "✓ finished in 0:0" in shown
    assert "<script" not in shown
    assert "<iframe" not in shown
    paths = [one.get("d") for one in ET.fromstring(shown).iter("path")]
    assert [min(float(y) for y in re.findall(r" ([\d.]+)", path or "")) for path in paths] == [1.0], "the spike is lost"
    assert ">40</td>" in shown

    roots, runtime = f"[Path('/tmp'), Path({str(home.root)!r})]", f"Path({str(places.runtime_dir())!r})"
    announce = f"viewers.announce({runtime}, 23333, 'http://127.0.0.1:23333', {roots}); print(flush=True); input()"
    other = [sys.executable, "-c", f"from pathlib import Path; from runid import viewers; {announce}"]
    with subprocess.Popen(other, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as viewer:
        assert viewer.stdout is not None
        viewer.stdout.readline()
        assert viewers.of(places.runtime_dir(), home.root) == ("http://127.0.0.1:23333", 1)
        shown = rn.Api().run("shown")._repr_html_()
        frame = ET.fromstring(shown).find(".//iframe")
        assert frame is not None
        assert (frame.get("src") or "").startswith("http://127.0.0.1:23333/embed?run=shown&root=1&metrics=%3Cscript%3E")
        assert (frame.get("src") or "").endswith("%2Ca%5C%2Cb")
        viewer.kill()
    assert viewers.of(places.runtime_dir(), home.root) is None
