import { barChart, element, escapeText, figure, section } from '@unnas/report';
import type { StepRecord } from './measure-step.ts';
import { digits, percent, stepRows } from './step-lines.ts';

const SHOWN = 12;

/** One step by itself: its numbers, and where its time goes. */
export function stepSection(step: StepRecord, id: string): string {
  return section(
    `A ${step.kind} step of ${step.network === 'supernet' ? 'the supernet' : step.network}`,
    element(
      'table',
      {},
      element(
        'tbody',
        {},
        ...stepRows(step).map(([name, value]) =>
          element('tr', {}, element('th', { scope: 'row' }, name), element('td', {}, escapeText(value))),
        ),
      ),
    ),
    ...(step.kernels.length === 0 ? [] : [kernelBars(step, id)]),
  );
}

function kernelBars(step: StepRecord, id: string): string {
  const { kernels, medianMilliseconds, shareOutsideKernels } = step;
  const longest = kernels.slice(0, SHOWN);
  const others = kernels.slice(SHOWN);
  const bar = (name: string, milliseconds: number, calls: string, colour?: string) => ({
    name,
    value: milliseconds,
    label: `${digits(milliseconds)} ms${calls}`,
    ...(colour === undefined ? {} : { colour }),
  });
  const sum = others.reduce((total, { milliseconds }) => total + milliseconds, 0);
  const bars = [
    ...longest.map(({ name, calls, milliseconds }) => bar(name, milliseconds, `, ${calls} calls`)),
    ...(others.length === 0 ? [] : [bar(`${others.length} others`, sum, '')]),
    ...(shareOutsideKernels === null
      ? []
      : [bar('outside of kernels', shareOutsideKernels * medianMilliseconds, '', 'var(--line-second)')]),
  ];
  return element(
    'div',
    { class: 'charts' },
    figure(
      'Where the time goes',
      barChart({
        id: `${id}-kernels`,
        title: 'Time of a step by native kernel',
        bars,
        format: digits,
        width: 680,
      }),
      shareOutsideKernels === null
        ? ''
        : `${percent(shareOutsideKernels)} of the step is JavaScript: the ops, the tape and the bookkeeping of the optimiser.`,
    ),
  );
}
