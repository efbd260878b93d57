/** The usual colours of the 19 classes of Cityscapes. */
const STREET = [
  '#804080',
  '#f423e8',
  '#464646',
  '#66669c',
  '#be9999',
  '#999999',
  '#faaa1e',
  '#dcdc00',
  '#6b8e23',
  '#98fb98',
  '#4682b4',
  '#dc143c',
  '#ff0000',
  '#00008e',
  '#000046',
  '#003c64',
  '#005064',
  '#0000e6',
  '#770b20',
];

/** A colour for each of so many classes, as `#rrggbb`. */
export function classColours(classes: number): readonly string[] {
  return classes === STREET.length ? STREET : Array.from({ length: classes }, (_, i) => hue(i));
}

/** Colours that differ from their neighbours: each a golden angle further around the circle, dark enough for white text. */
export function hue(index: number): string {
  const angle = (index * 137.508) % 360;
  const channel = (shift: number) => {
    const k = (shift + angle / 30) % 12;
    const value = 0.4 - 0.28 * Math.max(-1, Math.min(k - 3, 9 - k, 1));
    return Math.round(255 * value)
      .toString(16)
      .padStart(2, '0');
  };
  return `#${channel(0)}${channel(8)}${channel(4)}`;
}
