"""What is on the screen stands in the address: opened anew, or gone to from any other, it shows the same."""

import contextlib
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qsl, quote, urlsplit

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from playwright.sync_api import Browser, Page, expect
from tests.viewer.browser.conftest import World, viewer
from tests.viewer.browser.everything import everything
from tests.viewer.browser.screens import same, settled, watch

pytestmark = pytest.mark.long

State = dict[str, str]
# The same ones each time: a test that fails once in a hundred runs tells nobody what broke.
FEW = settings(
    max_examples=12,
    deadline=None,
    database=None,
    derandomize=True,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with everything() as made:
        yield made


def some(*values: str) -> st.SearchStrategy[str]:
    return st.sampled_from(values)


def several(*values: str) -> st.SearchStrategy[str]:
    return st.lists(st.sampled_from(values), min_size=1, max_size=3, unique=True).map(",".join)


def states(**parts: st.SearchStrategy[str]) -> st.SearchStrategy[State]:
    """Some of these parts: with all of them at once, hardly anything would be left on the screen."""
    named = {name.replace("_", "-"): values for name, values in parts.items()}
    chosen = st.lists(st.sampled_from(sorted(named)), max_size=6, unique=True) if named else st.just([])
    return chosen.flatmap(lambda names: st.fixed_dictionaries({name: named[name] for name in names}))


CHARTS = {
    "pin": several("val/acc", "once", "train/loss"),
    "find": some("loss", "a", "no such"),
    "x": some("time", "relative", "train/loss", "step:10..30.5", "step:-5..200", "relative:0..0.01", "odd:0..3"),
    "xlog": some("on"),
    "c": some("20", "7.5", "-3", "1000"),
    "sm": some("ema:0.9", "mean:5", "median:3", "gaussian:2", "twema:0.5"),
    "y": some("log", "full", "log,full"),
    "band": some("off"),
    "across": some("1", "2", "6"),
    "height": some("150", "400"),
    "closed": several("train/", "val/", "/", "pinned"),
    "large": some("val/acc", "once", "no such"),
    "@train/loss": some("log", "linear,full", "sm:ema:0.6,x:5..20"),
}
TABLE = states(
    **CHARTS,
    path=some("pairs", "pairs/all", "ranks", "no/such"),
    q=some("seed=1", "lr<0.07", "status=failed", "left", "-"),
    sort=several("-metric.val/acc", "alias", "config.seed", "-status"),
    group=some("config.seed", "path", "status", "group"),
    cols=some("none", "config.lr", "config.lr,metric.train/loss.max,tags", "spark.val/acc", "started_at,no.such"),
    show=some("top:0", "top:1", "top:0,left,ranks", "top:10,-left", "top:1,bare,none"),
    lines=some("mean:range", "median:iqr", "max:std"),
    hide=several("tree", "runs", "charts"),
    stick=some("config.lr", "metric.train/loss.max"),
    w=some("config.lr:200", "alias:300"),
    agg=some("max", "min"),
    fold=some("*", "0"),
    differ=some("1"),
    cells=some("mean"),
)
TABS = {
    "charts": states(**CHARTS),
    "logs": states(
        text=some("memory", "line 1[0-9]", "("),
        re=some("1"),
        only=some("1"),
        wrap=some("1"),
        line=some("1", "200", "9999", "x"),
        level=some("warning", "error"),
        stream=some("logging", "text", "stdout"),
        rank=some("0", "5"),
        follow=some("off"),
    ),
    "media": states(
        types=some("image", "audio", "histogram", "html"),
        has=some("grid", "o", "no such"),
        per=some("step"),
        pictures=some("2", "4"),
        c=some("0", "15", "30", "-4"),
        medium=some("image:grid", "image:other", "video:film", "markdown:words", "object3d:cloud", "image:none"),
        i=some("1", "2", "9"),
        b=some("step:10", "key:other", "run:right", "item:2", "step:x"),
        how=some("wipe", "difference"),
        zoom=some("4", "0.5"),
        centre=some("2,3", "x"),
        gain=some("4", "16"),
        wipe=some("0.25"),
    ),
    "tables": states(
        table=some("few", "eval", "none"),
        rows=some("a", "5", "none"),
        by=some("id", "label", "none"),
        order=some("score", "-score", "-label,id", "none"),
        c=some("0", "15", "30"),
        **{"with": some("step:10", "step:30", "run:right", "run:none")},
        differing=some("1"),
        row=some("0", "3", "99"),
    ),
    "code": states(file=some("models/net.py", "train.py", " patch", "none"), at=some("3", "55", "x")),
    "data": states(
        kind=some("datasets", "outputs", "pretrained"),
        find_asset=some("num", "none"),
        inner=some("card.json", "two.zip"),
    ),
    "system": states(span=some("0..1", "x"), c=some("20")),
    "ranks": states(**{"as": some("lines", "heatmap")}, metric=some("train/loss", "none"), c=some("5")),
    "info": states(c=some("5"), find_config=some("lr", "none"), find_environment=some("python")),
}
OTHERS = {
    "/diff": states(
        a=some("left", "none"),
        b=some("right", "left"),
        all=some("1"),
        unified=some("1"),
        find_row=some("lr"),
        c=some("5"),
        turned=some("train.py", "none"),
    ),
    "/alerts": states(level=some("warn", "error"), q=some("slow", "left", "no")),
    "/trash": states(),
    "/settings": states(),
}
EMBEDDED = states(run=some("left", "none"), path=some("pairs"), metrics=some("train/loss,val/acc"), **CHARTS)


def address(path: str, state: State) -> str:
    query = "&".join(f"{quote(name)}={quote(text)}" for name, text in state.items())
    return f"{path}?{query}" if query else path


def said(page: Page) -> State:
    """The state in the address."""
    return dict(parse_qsl(urlsplit(page.url).query))


class Two:
    """A page that goes from state to state, and one that is opened anew for each."""

    def __init__(self, browser: Browser, world: World, page: Page) -> None:
        self._browser, self._world, self._page = browser, world, page
        watch(page)

    def show(self, path: str, state: State) -> None:
        """Fails where they do not show the same, or say another state."""
        where = address(path, state)
        if self._page.url == "about:blank":
            self._page.goto(path)
        settled(self._page)
        self._page.evaluate("to => (history.pushState(null, '', to), dispatchEvent(new Event('popstate')))", where)
        with self.opened(where) as fresh:
            same(self._page, fresh)
            assert said(self._page) == said(fresh) == state

    @contextlib.contextmanager
    def opened(self, where: str) -> Iterator[Page]:
        """A page of a browser that knows nothing yet."""
        context = self._browser.new_context(viewport=self._page.viewport_size, base_url=self._world.url)
        fresh = context.new_page()
        watch(fresh)
        fresh.goto(where)
        yield fresh
        context.close()


def test_the_workspace(browser: Browser, world: World, page: Page) -> None:
    two = Two(browser, world, page)
    FEW(given(TABLE)(lambda state: two.show("/", state)))()


def test_the_tabs_of_a_run(browser: Browser, world: World, page: Page) -> None:
    two = Two(browser, world, page)
    of_a_tab = st.sampled_from(sorted(TABS)).flatmap(lambda tab: st.tuples(st.just(tab), TABS[tab]))
    FEW(given(of_a_tab)(lambda shown: two.show(f"/run/left/{shown[0]}", shown[1])))()


@pytest.mark.parametrize("path", OTHERS)
def test_other_pages(browser: Browser, world: World, page: Page, path: str) -> None:
    two = Two(browser, world, page)
    settings(FEW, max_examples=4)(given(OTHERS[path])(lambda state: two.show(path, state)))()


def test_charts_in_another_page(browser: Browser, world: World, page: Page) -> None:
    """Their address has names of its own at first, and then says the same in those of the workspace."""
    two = Two(browser, world, page)

    def show(state: State) -> None:
        page.goto(address("/embed", state))
        settled(page)
        with two.opened(page.url) as fresh:
            same(page, fresh)
            assert said(page) == said(fresh)

    settings(FEW, max_examples=6)(given(EMBEDDED)(show))()


def test_all_of_a_run_in_another_root(page: Page, world: World, tmp_path: Path) -> None:
    """Whatever a page asks for, it asks of the root that its address names: the first one here holds nothing."""
    refused = list[str]()
    (tmp_path / "runs").mkdir()
    watch(page)
    with viewer(world.environment, 0, tmp_path, world.root) as url:
        page.goto(f"{url.replace('?', 'run/left?')}")  # which names none
        expect(page).to_have_url(re.compile(r"/run/left\?root=1$"))
        settled(page)
        page.on("response", lambda answer: refused.append(answer.url) if answer.status >= 400 else None)
        for key in "1234567890":
            page.keyboard.press(key)
            settled(page)
            expect(page.locator(".broken")).to_have_count(0)
        for address in (
            "run/left/tables?table=eval&order=-score&rows=a&with=step:0&by=id&root=1",
            "diff?a=left&b=right",
        ):
            page.goto(f"{url.partition('?')[0]}{address}")
            expect(page).to_have_url(re.compile("root=1"))
            settled(page)
            expect(page.locator(".broken")).to_have_count(0)
        page.get_by_role("link", name="Alerts").click()
        expect(page.locator(".alert")).to_have_count(2)
        page.get_by_label("root").select_option("0")
        expect(page.locator(".alert")).to_have_count(0)
    assert not refused
