import { element, escapeText } from './markup.ts';
import { outcome, page, section } from './page.ts';

/** Samples of a task as plain data, for `previewPage`. */
export interface Preview {
  readonly title: string;
  readonly subtitle: string;
  readonly figures: readonly (readonly [name: string, value: string, remark: string])[];
  /** What is to be seen, in sentences. */
  readonly explanation: readonly string[];
  /** What the reader should know before a search is begun; the first sentence is the heading. */
  readonly warnings: readonly (readonly string[])[];
  /** What colours mean. */
  readonly legend: readonly { readonly name: string; readonly colour: string }[];
  readonly samples: readonly PreviewSample[];
}

export interface PreviewSample {
  readonly name: string;
  /** What the network is to answer, in words. */
  readonly target: string;
  readonly views: readonly PreviewView[];
}

/** A picture, or a square of numbered tiles. */
export interface PreviewView {
  readonly caption: string;
  readonly content: PreviewPicture | { readonly tiles: readonly PreviewTile[]; readonly grid: number };
  /** Whether it is what the network is to find out. */
  readonly target?: boolean;
}

export interface PreviewPicture {
  /** A `data:` address. */
  readonly source: string;
  readonly height: number;
  readonly width: number;
  /** What is to be seen, for who cannot see it. */
  readonly description: string;
}

export interface PreviewTile {
  readonly number: number;
  readonly colour: string;
  readonly picture: PreviewPicture;
}

/** A contact sheet of samples as one page that needs nothing else: the picture, what the network sees, and what it is to find out. */
export function previewPage(preview: Preview): string {
  const { title, subtitle, figures, explanation, warnings, legend, samples } = preview;
  return page(
    title,
    [
      element(
        'header',
        {},
        element('h1', {}, escapeText(title)),
        element('p', { class: 'quiet' }, escapeText(subtitle)),
      ),
      ...warnings.map(warning),
      outcome(figures),
      section(
        'Samples',
        ...explanation.map((sentence) => element('p', { class: 'quiet' }, escapeText(sentence))),
        ...(legend.length === 0 ? [] : [legendList(legend)]),
        element(
          'div',
          // As wide as it takes to have all views of a sample in a row.
          { class: 'samples', style: `--views:${Math.max(1, ...samples.map(({ views }) => views.length))}` },
          ...samples.map(sample),
        ),
      ),
    ],
    STYLE,
  );
}

function warning([heading = '', ...sentences]: readonly string[]): string {
  return element(
    'aside',
    { class: 'note' },
    element('p', {}, element('strong', {}, escapeText(heading))),
    ...sentences.map((sentence) => element('p', {}, escapeText(sentence))),
  );
}

function legendList(legend: Preview['legend']): string {
  return element(
    'ul',
    { class: 'legend' },
    ...legend.map(({ name, colour }) => element('li', { style: `--swatch:${colour}` }, escapeText(name))),
  );
}

function sample({ name, target, views }: PreviewSample): string {
  return element(
    'article',
    { class: 'sample' },
    element('h3', {}, element('span', { class: 'quiet' }, escapeText(name)), ` ${escapeText(target)}`),
    element('div', { class: 'views' }, ...views.map(view)),
  );
}

function view({ caption, content, target = false }: PreviewView): string {
  return element(
    'figure',
    target ? { class: 'target' } : {},
    'tiles' in content ? tiles(content) : image(content),
    element('figcaption', {}, escapeText(caption)),
  );
}

function image({ source, height, width, description }: PreviewPicture): string {
  // Small pictures are shown in whole pixels, not blurred.
  const small = Math.max(height, width) < 128 ? { class: 'small' } : {};
  return element('img', { src: source, alt: description, height, width, ...small });
}

function tiles({
  tiles: all,
  grid,
}: {
  readonly tiles: readonly PreviewTile[];
  readonly grid: number;
}): string {
  return element(
    'div',
    { class: 'tiles', style: `--grid:${grid}` },
    ...all.map(({ number, colour, picture }) =>
      element(
        'span',
        { style: `--swatch:${colour}` },
        image(picture),
        element('b', {}, escapeText(`${number}`)),
      ),
    ),
  );
}

const STYLE = `.samples{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,calc(150px*var(--views))),1fr));gap:20px;margin-top:20px}
.sample{padding:14px 16px 16px;background:var(--panel);border-radius:8px;min-width:0}
.sample h3{margin:0 0 10px;overflow-wrap:anywhere}
.sample h3 .quiet{font-weight:400}
.views{display:grid;grid-template-columns:repeat(auto-fit,minmax(118px,1fr));gap:12px}
.views figure{min-width:0}
.views img{display:block;width:100%;height:auto;max-height:264px;object-fit:contain;object-position:left top}
.views .small{image-rendering:pixelated}
.views figcaption{margin-top:4px;line-height:1.35}
.target>img,.target>.tiles{outline:2px solid var(--line-first);outline-offset:2px}
.tiles{display:grid;grid-template-columns:repeat(var(--grid),1fr);gap:3px}
.tiles span{position:relative;border:2px solid var(--swatch)}
.tiles b{position:absolute;left:0;top:0;min-width:18px;padding:0 4px;font-size:12px;line-height:17px;text-align:center;background:var(--swatch);color:#fff}
.legend{display:flex;flex-wrap:wrap;gap:4px 18px;margin:12px 0 0;padding:0;list-style:none;font-size:13px}
.legend li::before{content:"";display:inline-block;width:12px;height:12px;margin-right:6px;border-radius:2px;vertical-align:-1px;background:var(--swatch);outline:1px solid var(--rule)}
`;
