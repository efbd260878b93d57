/**
 * The 8-bit sRGB colour of CIE Lab (D65, 2 degrees): what `labOf` turns around. Colours that sRGB lacks are cut to its range.
 */
export function rgbOfLab(
  lightness: number,
  a: number,
  b: number,
): [red: number, green: number, blue: number] {
  const fy = (lightness + 16) / 116;
  const x = 0.95047 * expanded(fy + a / 500);
  const y = expanded(fy);
  const z = 1.08883 * expanded(fy - b / 200);
  // The inverse of the matrix of `labOf`.
  return [
    companded(3.240481343 * x - 1.537151516 * y - 0.498536326 * z),
    companded(-0.969254949 * x + 1.87599 * y + 0.041555927 * z),
    companded(0.055646639 * x - 0.204041338 * y + 1.057311069 * z),
  ];
}

function expanded(f: number): number {
  return f > Math.cbrt(0.008856) ? f ** 3 : (f - 16 / 116) / 7.787;
}

function companded(linear: number): number {
  const value = linear > 0.0031308 ? 1.055 * linear ** (1 / 2.4) - 0.055 : 12.92 * linear;
  return Math.round(255 * Math.min(1, Math.max(0, value)));
}
