/** A colour on light ground and its twin on dark ground. */
export interface Colour {
  readonly light: string;
  readonly dark: string;
}

/** Ground, text, and lines that carry no data. */
export const GROUND: Readonly<Record<'page' | 'panel' | 'ink' | 'quiet' | 'rule', Colour>> = {
  page: { light: '#ffffff', dark: '#14171a' },
  panel: { light: '#f5f6f7', dark: '#1d2125' },
  ink: { light: '#1c2024', dark: '#e9ecee' },
  quiet: { light: '#5d666e', dark: '#a1abb3' },
  rule: { light: '#d9dde1', dark: '#363c42' },
};

/**
 * A colour for each family of operations, told apart also without seeing red and green: the larger of two
 * kernels is the lighter twin, and its lines are dashed.
 */
const OPERATIONS = {
  none: { light: '#7a7f85', dark: '#8d949b' },
  max_pool: { light: '#a83e00', dark: '#f0824a' },
  avg_pool: { light: '#cc7a00', dark: '#ffc061' },
  skip: { light: '#cc4fa3', dark: '#ee8fd2' },
  sep_small: { light: '#00508f', dark: '#5aa5f0' },
  sep_large: { light: '#2f8fd8', dark: '#a9d5ff' },
  dil_small: { light: '#00695c', dark: '#2fb5a0' },
  dil_large: { light: '#1f9e8b', dark: '#97e2d3' },
  other: { light: '#5b4bb5', dark: '#b3a7ff' },
} as const satisfies Record<string, Colour>;

type OperationColour = keyof typeof OPERATIONS;

/** The two series of most charts. */
const SERIES = {
  first: { light: '#00508f', dark: '#5aa5f0' },
  second: { light: '#a83e00', dark: '#f0824a' },
} as const satisfies Record<string, Colour>;

/** Every colour by the name of its CSS property. */
export const COLOURS: Readonly<Record<string, Colour>> = {
  ...GROUND,
  ...prefixed('op', OPERATIONS),
  ...prefixed('line', SERIES),
};

function prefixed(prefix: string, colours: Readonly<Record<string, Colour>>): Record<string, Colour> {
  return Object.fromEntries(
    Object.entries(colours).map(([name, colour]) => [`${prefix}-${name.replaceAll('_', '-')}`, colour]),
  );
}

/** How the lines of an operation are drawn: a colour as a CSS value, and a pattern of dashes. */
export interface Stroke {
  readonly colour: string;
  readonly dash?: string;
}

export function operationStroke(op: string): Stroke {
  const name: OperationColour = operationColour(op);
  const colour = `var(--op-${name.replaceAll('_', '-')})`;
  if (name === 'none') return { colour, dash: '1.5 3' };
  return name === 'avg_pool' || name.endsWith('large') ? { colour, dash: '5 2.5' } : { colour };
}

export function seriesStroke(name: keyof typeof SERIES): Stroke {
  return { colour: `var(--line-${name})` };
}

function operationColour(op: string): OperationColour {
  if (op === 'none') return 'none';
  if (op.startsWith('skip')) return 'skip';
  if (op.startsWith('max_pool')) return 'max_pool';
  if (op.startsWith('avg_pool')) return 'avg_pool';
  if (op.startsWith('sep_conv')) return op.endsWith('3x3') ? 'sep_small' : 'sep_large';
  if (op.startsWith('dil_conv')) return op.endsWith('3x3') ? 'dil_small' : 'dil_large';
  return 'other';
}

/** The colours as CSS properties, light or dark as the reader's system has it. */
export function colourProperties(selector: string): string {
  const properties = (scheme: keyof Colour) =>
    Object.entries(COLOURS)
      .map(([name, colour]) => `--${name}:${colour[scheme]}`)
      .join(';');
  return `${selector}{color-scheme:light dark;${properties('light')}}
@media (prefers-color-scheme:dark){${selector}{${properties('dark')}}}`;
}
