// Colours that texts ask for, made legible on the page.

export type Rgb = readonly [number, number, number];

const SIXTEEN: Rgb[] = [
  [0, 0, 0], [190, 30, 30], [20, 130, 50], [150, 105, 0], [35, 85, 200], [160, 45, 160], [0, 125, 145], [130, 130, 130],
  [110, 110, 110], [225, 60, 55], [35, 165, 75], [185, 135, 0], [70, 120, 240], [195, 80, 195], [0, 155, 175], [255, 255, 255],
];
const STEPS = [0, 95, 135, 175, 215, 255];
const LEAST = 4.5;

/** A colour of the 256. */
export function indexed(number: number): Rgb {
  if (number < 16) return SIXTEEN[number];
  if (number >= 232) return grey(8 + 10 * (number - 232));
  const cube = number - 16;
  return [STEPS[Math.floor(cube / 36)], STEPS[Math.floor(cube / 6) % 6], STEPS[cube % 6]];
}

const grey = (level: number): Rgb => [level, level, level];

/** How well one is seen on the other: 1 to 21, as WCAG has it. */
export function contrast(one: Rgb, other: Rgb): number {
  const [low, high] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (high + 0.05) / (low + 0.05);
}

function luminance(colour: Rgb): number {
  const [r, g, b] = colour.map((part) => {
    const level = part / 255;
    return level <= 0.03928 ? level / 12.92 : ((level + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

/** The colour, or the nearest one towards white or black that is legible on a ground. */
export function legible(colour: Rgb, ground: Rgb): Rgb {
  const end = contrast(grey(255), ground) > contrast(grey(0), ground) ? grey(255) : grey(0);
  for (let part = 0; part <= 1; part += 0.05) {
    const found = mixed(colour, end, part);
    if (contrast(found, ground) >= LEAST) return found;
  }
  return end;
}

/** So much of the second colour in the first. */
export function mixed(one: Rgb, other: Rgb, part: number): Rgb {
  const [r, g, b] = one.map((level, at) => Math.round(level + (other[at] - level) * part));
  return [r, g, b];
}

export function css([r, g, b]: Rgb): string {
  return `rgb(${r} ${g} ${b})`;
}
