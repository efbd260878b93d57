/**
 * The work of a run as one list of units, numbered from 0. A round (an epoch of DARTS, a sample of random search) is
 * `trainSteps` training steps, then `scoreSteps` batches on which the round is scored. What a unit does depends on the seed and
 * its number alone, so the number of the next unit is all there is to a position in a run.
 */
export interface Schedule {
  readonly rounds: number;
  readonly trainSteps: number;
  readonly scoreSteps: number;
}

export interface Unit {
  /** From 0. */
  readonly round: number;
  readonly phase: 'train' | 'score';
  /** From 0, within the phase of the round. */
  readonly step: number;
  /** Whether the round ends with this unit. */
  readonly last: boolean;
}

/** How many units there are. */
export function unitCount({ rounds, trainSteps, scoreSteps }: Schedule): number {
  return rounds * (trainSteps + scoreSteps);
}

/** What the unit at a position does. */
export function unitAt(schedule: Schedule, position: number): Unit {
  const { trainSteps, scoreSteps } = schedule;
  if (!Number.isInteger(position) || position < 0 || position >= unitCount(schedule)) {
    throw new RangeError(`expected a position from 0 to ${unitCount(schedule) - 1}, got ${position}`);
  }
  const size = trainSteps + scoreSteps;
  const round = Math.floor(position / size);
  const within = position % size;
  const phase = within < trainSteps ? 'train' : 'score';
  return {
    round,
    phase,
    step: phase === 'train' ? within : within - trainSteps,
    last: within === size - 1,
  };
}

/**
 * At which training step of the run, counted over all epochs, the alphas begin to move: the first whose
 * `epoch + step / steps` is at least `alphaStart`.
 */
export function firstAlphaStep(alphaStart: number, stepsPerEpoch: number): number {
  const epoch = Math.floor(alphaStart);
  let step = 0;
  while (step < stepsPerEpoch && epoch + step / stepsPerEpoch < alphaStart) step++;
  return epoch * stepsPerEpoch + step;
}
