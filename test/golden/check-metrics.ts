import * as tf from '@tensorflow/tfjs';
import { accuracy, addTallies, type Metric, meanIntersectionOverUnion } from '@unnas/pretext';
import type { Comparison } from './comparison.ts';
import type { GoldenFile } from './golden-file.ts';
import { METRIC } from './limits.ts';

/** Metrics over batches of logits and labels. */
export function checkMetrics(file: GoldenFile, comparison: Comparison): void {
  switch (file.meta.what) {
    case 'miou':
      checkIntersections(file, comparison);
      break;
    case 'topk':
      checkAccuracy(file, comparison);
      break;
    default:
      throw new RangeError(`there is no check for the metric ${file.meta.what}`);
  }
}

/** Intersections and unions of each batch, and the mean over all of them. */
function checkIntersections(file: GoldenFile, comparison: Comparison): void {
  const { classes, result } = file.meta;
  const metric = meanIntersectionOverUnion({ classes, ignore: 255 });
  const tallies = talliesOf(file, metric);
  for (const [i, tally] of tallies.entries()) {
    comparison.tensor(`batch${i}/out/intersection`, tally.slice(0, classes), 0);
    comparison.tensor(`batch${i}/out/union`, tally.slice(classes, 2 * classes), 0);
  }
  const all = tallies.reduce(addTallies);
  comparison.near('miou', metric.value(all), result.miou, METRIC);
  for (const [k, expected] of (result.iou_per_class as number[]).entries()) {
    comparison.near(`iou of class ${k}`, all[k]! / (all[classes + k]! + 1e-10), expected, METRIC);
  }
}

/** Errors in percent of each batch and of all rows, of the first guess and of the first five. */
function checkAccuracy(file: GoldenFile, comparison: Comparison): void {
  const { batches, epoch } = file.meta.result;
  const classes = file.stored('batch0/in/logits').shape.at(-1)!;
  for (const top of [1, 5]) {
    const metric = accuracy({ classes, top: Math.min(top, classes) });
    const tallies = talliesOf(file, metric);
    const error = (tally: number[]) => 100 * (1 - metric.value(tally));
    const name = `top${top}_err`;
    for (const [i, tally] of tallies.entries())
      comparison.near(`batch ${i} ${name}`, error(tally), batches[i][name], METRIC);
    comparison.near(name, error(tallies.reduce(addTallies)), epoch[name], METRIC);
  }
}

function talliesOf(file: GoldenFile, metric: Metric): number[][] {
  const tallies = [];
  for (let i = 0; file.has(`batch${i}/in/logits`); i++) {
    const tally = tf.tidy(() =>
      metric.tally(file.tensor(`batch${i}/in/logits`), file.tensor(`batch${i}/in/labels`)),
    );
    tallies.push(tally);
  }
  return tallies;
}
