/**
 * Text as content or attribute value of HTML and XML. What XML does not allow (control characters, halves of
 * surrogate pairs) becomes U+FFFD.
 */
export function escapeText(text: string): string {
  return text
    .replace(/(?![\t\n\r])[\p{Cc}\p{Cs}\ufffe\uffff]/gu, '\ufffd')
    .replace(/[&<>"']/g, (sign) => ENTITIES[sign]!);
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

export type Attributes = Readonly<Record<string, string | number | undefined>>;

/**
 * An element. Attribute values are escaped, and numbers rounded to hundredths; the content is markup already.
 * Elements without content are closed at once, so that the text is HTML and XML alike.
 */
export function element(name: string, attributes: Attributes, ...content: readonly string[]): string {
  const written = Object.entries(attributes).flatMap(([key, value]) =>
    value === undefined ? [] : [` ${key}="${escapeText(typeof value === 'number' ? round(value) : value)}"`],
  );
  const inner = content.join('');
  return inner === '' ? `<${name}${written.join('')}/>` : `<${name}${written.join('')}>${inner}</${name}>`;
}

/** A coordinate in hundredths of a pixel. */
export function round(value: number): string {
  return `${Math.round(value * 100) / 100}`;
}

/**
 * A drawing with a title and a description for screen readers. `id` is a name of its own within the page.
 */
export function svg(
  { id, width, height, title, description }: Drawing,
  ...content: readonly string[]
): string {
  return element(
    'svg',
    {
      xmlns: 'http://www.w3.org/2000/svg',
      viewBox: `0 0 ${round(width)} ${round(height)}`,
      width,
      height,
      role: 'img',
      'aria-labelledby': `${id}-title ${id}-description`,
    },
    element('title', { id: `${id}-title` }, escapeText(title)),
    element('desc', { id: `${id}-description` }, escapeText(description)),
    ...content,
  );
}

export interface Drawing {
  readonly id: string;
  readonly width: number;
  readonly height: number;
  readonly title: string;
  readonly description: string;
}
