import { formatNumber, MISSING } from './format-number.ts';
import { element, escapeText } from './markup.ts';
import type { Json } from './run-report.ts';

/** Nested settings as tables, one for each group, and one in front for what is in none. */
export function settingsTables(settings: { readonly [name: string]: Json }): string {
  const loose = Object.entries(settings).filter(([, value]) => !isGroup(value));
  const groups = Object.entries(settings).filter(([, value]) => isGroup(value));
  return element(
    'div',
    { class: 'settings' },
    ...(loose.length > 0 ? [table('run', Object.fromEntries(loose))] : []),
    ...groups.map(([name, value]) => table(name, value as { readonly [name: string]: Json })),
  );
}

function table(name: string, values: { readonly [name: string]: Json }): string {
  const rows = flatten(values).map(([key, value]) =>
    element(
      'tr',
      {},
      element('th', { scope: 'row' }, escapeText(key)),
      element('td', {}, escapeText(write(value))),
    ),
  );
  return element('table', {}, element('caption', {}, escapeText(name)), element('tbody', {}, ...rows));
}

/** The leaves of nested objects, under their names joined by dots. */
function flatten(values: { readonly [name: string]: Json }, prefix = ''): [string, Json][] {
  return Object.entries(values).flatMap(([name, value]) =>
    isGroup(value)
      ? flatten(value as { readonly [name: string]: Json }, `${prefix}${name}.`)
      : [[`${prefix}${name}`, value] as [string, Json]],
  );
}

function isGroup(value: Json): boolean {
  return (
    typeof value === 'object' && value !== null && !Array.isArray(value) && Object.keys(value).length > 0
  );
}

function write(value: Json): string {
  if (value === null) return MISSING;
  if (typeof value === 'number') return Number.isInteger(value) ? `${value}` : settingNumber(value);
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (typeof value === 'string') return value === '' ? MISSING : value;
  if (Array.isArray(value))
    return value.length === 0 ? MISSING : value.map((item) => write(item as Json)).join(', ');
  return MISSING;
}

/** As it was set, unless it has so many digits that it was computed. */
function settingNumber(value: number): string {
  const text = `${value}`;
  return text.length <= 8 ? text : formatNumber(value);
}
