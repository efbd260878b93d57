import {
  aligned,
  digits,
  type OpComparison,
  type PrecisionRecord,
  percent,
  type ScalingPoint,
  type StepComparison,
  type TransformComparison,
} from '@unnas/bench';

/** Tables for a person, on standard output. */
const print = (title: string, rows: readonly (readonly string[])[]) =>
  console.log(`\n${title}\n${aligned(rows).join('\n')}`);

export function printComparison(comparison: StepComparison): void {
  const { title, batch, size, cells, channels, threads, parameters, ceilings, contenders, leftOut } =
    comparison;
  print(
    `${title}: ${cells} cells, ${channels} channels, batch ${batch} at ${size}x${size}, ${threads} threads`,
    [
      [
        '',
        'version',
        'batch',
        'first ms',
        'median ms',
        'best ms',
        'images/s',
        'times as long',
        'GFLOP/s',
        'of FMA',
        'outside',
        'peak MiB',
      ],
      ...contenders.map((one) => [
        one.name,
        one.version,
        `${one.images}`,
        ...[one.firstMilliseconds, one.medianMilliseconds, one.bestMilliseconds, one.imagesPerSecond].map(
          digits,
        ),
        digits(one.timesAsLong),
        digits(one.gigaflopsPerSecond),
        one.shareOfCeiling === null ? '' : percent(one.shareOfCeiling),
        one.shareOutsideKernels === null ? '' : percent(one.shareOutsideKernels),
        digits(one.peakResidentMiB),
      ]),
    ],
  );
  const { gigaflopsPerSecond: fma, gigabytesPerSecond: memory } = ceilings ?? {};
  if (fma && memory)
    console.log(
      `machine: ${digits(fma.median)} GFLOP/s of multiply-adds (best ${digits(fma.best)}), ${digits(memory.median)} GB/s (best ${digits(memory.best)}); ${parameters.toLocaleString('en-US')} parameters`,
    );
  for (const reason of leftOut) console.log(`left out: ${reason}`);
}

export function printOps(ops: readonly OpComparison[]): void {
  const backends = Object.keys(ops[0]!.milliseconds);
  print('ops in turns: ms, and how many times as long as native', [
    ['op', 'size', 'pass', ...backends.flatMap((name) => (name === 'native' ? [name] : [name, 'times']))],
    ...ops.map(({ name, size, pass, milliseconds }) => [
      name,
      size,
      pass === 'both' ? 'with gradients' : pass,
      ...backends.flatMap((backend) => {
        const time = milliseconds[backend]!;
        if (backend === 'native') return [digits(time!)];
        return time === null ? ['no kernel', ''] : [digits(time), digits(time / milliseconds.native!)];
      }),
    ]),
  ]);
}

export function printScaling(points: readonly ScalingPoint[]): void {
  print('weight step over one setting at a time, each in a process of its own', [
    ['', 'value', 'median ms', 'images/s', 'GFLOP/s', 'of FMA', 'outside', 'peak MiB'],
    ...points.map(({ axis, step }) => [
      axis,
      `${step[axis]}`,
      digits(step.medianMilliseconds),
      digits(step.imagesPerSecond),
      digits(step.gigaflopsPerSecond),
      step.shareOfCeiling === null ? '' : percent(step.shareOfCeiling),
      step.shareOutsideKernels === null ? '' : percent(step.shareOutsideKernels),
      digits(step.peakResidentMiB),
    ]),
  ]);
}

export function printTransforms(comparisons: readonly TransformComparison[]): void {
  print('batches of pictures in memory, in turns', [
    ['task', 'size', 'pictures', '', 'threads', 'pictures/s', 'times as long'],
    ...comparisons.flatMap(({ task, size, pictures, contenders }) =>
      contenders.map(({ name, threads, picturesPerSecond, timesAsLong }) => [
        task,
        `${size}`,
        `${pictures}`,
        name,
        `${threads}`,
        digits(picturesPerSecond),
        digits(timesAsLong),
      ]),
    ),
  ]);
}

export function printPrecision(records: readonly PrecisionRecord[]): void {
  const epochs = records[0]!.losses.map((_, i) => `${i + 1}`);
  print('the same small search from the same seed: loss of each epoch, accuracy after the last', [
    ['activations', ...epochs, 'accuracy', 'ms a weight step', 'peak MiB'],
    ...records.map(({ activations, losses, accuracies, stepMilliseconds, peakResidentMiB }) => [
      activations,
      ...losses.map((loss) => loss.toFixed(4)),
      percent(accuracies.at(-1)!),
      digits(stepMilliseconds),
      digits(peakResidentMiB),
    ]),
  ]);
}
