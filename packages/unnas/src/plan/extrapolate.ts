import type { Probe } from '@unnas/search';

/**
 * What a step with a batch takes, from what smaller batches took. Time is in proportion to the pictures of the largest batch that
 * was tried. Memory is a straight line: all that grows with the batch is maps of the network, which are as many times larger. Where the
 * backend tells the bytes of its arrays, the line goes through these, and what else the process has comes on top: beside it, the maps of
 * small batches would hardly show.
 */
export interface Extrapolation {
  /** Of preparing a batch, and of a step, in seconds. */
  times(batch: number): Pick<Probe, 'prepareSeconds' | 'stepSeconds' | 'weightSeconds' | 'scoreSeconds'>;
  /** The peak of the process, in bytes. */
  memory(batch: number): number;
  /** The most pictures in a batch for which the peak stays within so many bytes; 0 if not even one. */
  largestBatch(bytes: number): number;
}

/**
 * @param probes at least one, with growing batches
 * @param begin the peak of the process before the first step, in bytes
 * @param ahead how many batches are kept ready besides those that a probe holds
 */
export function extrapolate(
  probes: readonly Probe[],
  { begin, ahead }: { readonly begin: number; readonly ahead: number },
): Extrapolation {
  const last = probes.at(-1)!;
  const { batchBytes } = last;
  const waiting = (ahead * batchBytes) / last.batch;
  const counted = last.arrayBytes > 0;
  const grown = ({ peakBytes, arrayBytes }: Pick<Probe, 'peakBytes' | 'arrayBytes'>) =>
    counted ? arrayBytes : peakBytes;
  const before = probes.at(-2) ?? { batch: 0, peakBytes: begin, arrayBytes: 0 };
  const slope = Math.max(
    (grown(last) - grown(before)) / (last.batch - before.batch),
    // What a picture takes at the least: its batches.
    batchBytes / last.batch,
  );
  const others = counted ? Math.max(...probes.map(({ peakBytes, arrayBytes }) => peakBytes - arrayBytes)) : 0;
  const memory = (batch: number) => others + grown(last) + slope * (batch - last.batch) + waiting * batch;
  return {
    times(batch) {
      const share = batch / last.batch;
      return {
        prepareSeconds: share * last.prepareSeconds,
        stepSeconds: share * last.stepSeconds,
        weightSeconds: share * last.weightSeconds,
        scoreSeconds: share * last.scoreSeconds,
      };
    },
    memory,
    largestBatch: (bytes) => Math.max(0, Math.floor((bytes - memory(0)) / (slope + waiting))),
  };
}
