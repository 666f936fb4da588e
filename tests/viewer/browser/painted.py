"""What is painted on a chart's canvas, read as pixels."""

from dataclasses import dataclass

from playwright.sync_api import Frame, Page, TimeoutError

# The columns of pixels in a chart's upper part (`part` of its height), between the axes, that have a colour: what is
# drawn of a run has one, and text, grid and background are grey.
_INK = """
([metric, part]) => {
  const panel = [...document.querySelectorAll(".panel")].find((one) => one.dataset.metric === metric);
  const canvas = panel?.querySelector("canvas");
  const over = panel?.querySelector(".u-over");
  if (!canvas || !over) return null;
  const [whole, inner] = [canvas.getBoundingClientRect(), over.getBoundingClientRect()];
  const ratio = canvas.width / whole.width;
  const [left, top] = [(inner.left - whole.left) * ratio, (inner.top - whole.top) * ratio].map(Math.round);
  const [width, height] = [inner.width * ratio, inner.height * ratio * part].map(Math.round);
  const { data } = canvas.getContext("2d").getImageData(left, top, width, height);
  const columns = [];
  for (let x = 0; x < width; x++) {
    for (let y = 0; y < height; y++) {
      const [r, g, b, a] = data.slice(4 * (y * width + x), 4 * (y * width + x) + 4);
      if (a > 100 && Math.max(r, g, b) - Math.min(r, g, b) > 60) {
        columns.push(x);
        break;
      }
    }
  }
  return { columns, width };
}
"""


@dataclass(frozen=True)
class Ink:
    """Columns of pixels that are coloured, of `width`."""

    columns: list[int]
    width: int

    def near(self, part: float, reach: int = 2) -> bool:
        """Whether there is one at this part of the width, give or take some pixels."""
        return any(abs(column - part * self.width) <= reach for column in self.columns)


def painted(page: Page | Frame, metric: str, part: float = 1.0) -> Ink:
    """What is painted in the upper `part` of a metric's chart, as soon as the chart has any colour."""
    try:
        page.wait_for_function(f"(given) => ({_INK})(given)?.columns.length > 0", arg=[metric, 1.0])
    except TimeoutError as error:
        raise AssertionError(f"{metric} is not painted: {page.locator('body').inner_text()}") from error
    found = page.evaluate(_INK, [metric, part])
    return Ink(found["columns"], found["width"])
