import { element, escapeText } from './markup.ts';
import { PAGE_STYLE } from './style.ts';

/**
 * Parts of a page that needs nothing else: no scripts, no other files. All text is HTML and well-formed XML. `style` is what the
 * page has besides the style of all.
 */
export function page(title: string, sections: readonly string[], style = ''): string {
  const head = element(
    'head',
    {},
    element('meta', { charset: 'utf-8' }),
    element('meta', { name: 'viewport', content: 'width=device-width, initial-scale=1' }),
    element('meta', { name: 'color-scheme', content: 'light dark' }),
    element('title', {}, escapeText(title)),
    element('style', {}, PAGE_STYLE + style),
  );
  const html = element('html', { lang: 'en' }, head, element('body', {}, element('main', {}, ...sections)));
  return `<!DOCTYPE html>\n${html}\n`;
}

/** Markup under a heading. */
export function section(heading: string, ...content: readonly string[]): string {
  return element('section', {}, element('h2', {}, escapeText(heading)), ...content);
}

/** A drawing with a heading, and a sentence below it. */
export function figure(heading: string, drawing: string, caption = ''): string {
  return element(
    'figure',
    {},
    element('h3', {}, escapeText(heading)),
    drawing,
    ...(caption === '' ? [] : [element('figcaption', {}, escapeText(caption))]),
  );
}

/** The outcome in large numbers. */
export function outcome(
  figures: readonly (readonly [name: string, value: string, remark: string])[],
): string {
  return element(
    'dl',
    { class: 'figures' },
    ...figures.map(([name, value, remark]) =>
      element(
        'div',
        {},
        element('dt', {}, escapeText(name)),
        element(
          'dd',
          {},
          escapeText(value),
          ...(remark === '' ? [] : [element('small', {}, escapeText(remark))]),
        ),
      ),
    ),
  );
}

/** A table of texts; with a summary it is folded away. The first column names the row, the others are numbers. */
export function numbersTable(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  summary?: string,
): string {
  const table = element(
    'div',
    { class: 'wide' },
    element(
      'table',
      { class: 'rounds named' },
      element(
        'thead',
        {},
        element('tr', {}, ...head.map((name) => element('th', { scope: 'col' }, escapeText(name)))),
      ),
      element(
        'tbody',
        {},
        ...rows.map(([name = '', ...cells]) =>
          element(
            'tr',
            {},
            element('th', { scope: 'row' }, escapeText(name)),
            ...cells.map((cell) => element('td', {}, escapeText(cell))),
          ),
        ),
      ),
    ),
  );
  if (summary === undefined) return table;
  return element('details', {}, element('summary', {}, escapeText(summary)), table);
}
