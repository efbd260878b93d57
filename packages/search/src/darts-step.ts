import * as tf from '@tensorflow/tfjs';
import {
  addScaled,
  clipScale,
  globalNorm,
  moveAverages,
  type Observed,
  type Optimizer,
  type Tensors,
  valueAndGradients,
} from '@unnas/nn';

/**
 * The two steps of DARTS (Liu, Simonyan, Yang 2019, algorithm 1) as functions over named tensors: a step of the alphas on one
 * batch, then a step of the weights on another. Nothing here knows where batches come from or what the network is.
 */

/** Everything a pass through the network depends on, besides the batch. */
export interface Point {
  readonly parameters: Tensors;
  /** Running mean and variance of every batch norm. */
  readonly statistics: Tensors;
  /** `normal` and `reduce`, each [edges, candidates], before the softmax. Empty for a network without alphas. */
  readonly alphas: Tensors;
}

/** A network together with the loss of its task. */
export interface Model<Batch> {
  /**
   * A pass in training mode. Everything that is differentiated, the softmax of the alphas included, happens in here.
   * `frozen`: the gradients of the parameters will not be asked for.
   */
  pass(point: Point, batch: Batch, options: { frozen: boolean }): Pass;
  /** What the logits get right of the batch, as counts that add up over batches. */
  tally(logits: tf.Tensor, batch: Batch): number[];
}

export type Pass = {
  /** Mean over the rows of the batch. */
  readonly loss: tf.Scalar;
  readonly logits: tf.Tensor;
  /** What this pass saw of the running statistics. */
  readonly observed: readonly Observed[];
};

type Variables = Record<string, tf.Variable>;

/** What the steps change: the network's variables and the optimisers that move them. */
export interface Trained {
  readonly parameters: Variables;
  readonly statistics: Variables;
  readonly alphas: Variables;
  /** SGD, over `parameters`. */
  readonly weightOptimizer: Optimizer;
  /** Adam, over `alphas`. */
  readonly alphaOptimizer?: Optimizer;
}

export interface StepResult {
  /** Loss of the batch before the update. */
  readonly loss: number;
  /** L2 norm of all gradients together, before clipping. */
  readonly gradientNorm: number;
  /** What was right before the update. */
  readonly tally: number[];
}

/**
 * One step of SGD on the weights. The gradients of the weights are scaled down to the total L2 norm `clip`; the alphas take no
 * part. Updates the running statistics.
 */
export function weightStep<Batch>(
  model: Model<Batch>,
  trained: Trained,
  batch: Batch,
  { learningRate, clip }: { learningRate: number; clip: number },
): StepResult {
  return tf.tidy(() => {
    const pass = valueAndGradients(() => model.pass(trained, batch, { frozen: false }), trained.parameters);
    const gradientNorm = number(globalNorm(pass.gradients));
    trained.weightOptimizer.step(
      trained.parameters,
      pass.gradients,
      learningRate,
      clipScale(gradientNorm, clip),
    );
    moveAverages(trained.statistics, pass.observed);
    return { loss: number(pass.loss), gradientNorm, tally: model.tally(pass.logits, batch) };
  });
}

/**
 * First-order step of the alphas: the gradient of the loss on `batch` at the current weights moves them. Updates the running
 * statistics.
 */
export function firstOrderAlphaStep<Batch>(
  model: Model<Batch>,
  trained: Trained,
  batch: Batch,
  { learningRate }: { learningRate: number },
): StepResult {
  return tf.tidy(() => {
    const pass = valueAndGradients(() => model.pass(trained, batch, { frozen: true }), trained.alphas);
    const gradientNorm = number(globalNorm(pass.gradients));
    moveAlphas(trained, pass.gradients, learningRate);
    moveAverages(trained.statistics, pass.observed);
    return { loss: number(pass.loss), gradientNorm, tally: model.tally(pass.logits, batch) };
  });
}

export interface Unrolling {
  /** Learning rate of the alphas. */
  readonly learningRate: number;
  /** Learning rate of the weight step that is looked ahead. */
  readonly weightLearningRate: number;
  readonly momentum: number;
  readonly weightDecay: number;
}

/**
 * Second-order step of the alphas: they move by the gradient of the loss on `batch` at the weights w' that one step on
 * `trainBatch` would give, so that the dependence of w' on the alphas counts as well (DARTS, equations 6 to 8). The running
 * statistics are updated by the pass at the network's own weights only; passes at w' and w +- R d are of other networks.
 */
export function secondOrderAlphaStep<Batch>(
  model: Model<Batch>,
  trained: Trained,
  batch: Batch,
  trainBatch: Batch,
  options: Unrolling,
): StepResult {
  return tf.tidy(() => {
    const { gradients, loss, logits, observed } = secondOrderGradients(
      model,
      trained,
      batch,
      trainBatch,
      options,
    );
    const gradientNorm = number(globalNorm(gradients));
    moveAlphas(trained, gradients, options.learningRate);
    moveAverages(trained.statistics, observed);
    return { loss: number(loss), gradientNorm, tally: model.tally(logits, batch) };
  });
}

/**
 * The gradient of the alphas that `secondOrderAlphaStep` follows, with its parts. To be called inside `tf.tidy`.
 *
 *     w'  = w - lr (momentum v + dL_train/dw + weightDecay w)
 *     d   = dL_val(w', alpha)/dw'           R = 0.01 / |d|
 *     h   = (dL_train(w + R d, alpha)/dalpha - dL_train(w - R d, alpha)/dalpha) / 2R
 *     gradient = dL_val(w', alpha)/dalpha - lr h
 */
export function secondOrderGradients<Batch>(
  model: Model<Batch>,
  trained: Trained,
  batch: Batch,
  trainBatch: Batch,
  { weightLearningRate, momentum, weightDecay }: Omit<Unrolling, 'learningRate'>,
): {
  /** L_val(w', alpha). */
  loss: tf.Scalar;
  logits: tf.Tensor;
  /** By the pass on `trainBatch` at w. */
  observed: readonly Observed[];
  /** |d| */
  unrolledNorm: number;
  direct: Tensors;
  hessianVector: Tensors;
  gradients: Tensors;
} {
  const { parameters, alphas } = trained;
  const here = valueAndGradients(() => model.pass(trained, trainBatch, { frozen: false }), parameters);
  const velocity = unprefixed(trained.weightOptimizer.state(), 'velocity');
  const unrolled = tf.tidy(() => {
    const step = addScaled(here.gradients, parameters, weightDecay);
    const moving = Object.fromEntries(Object.entries(step).filter(([name]) => name in velocity));
    const direction = { ...step, ...addScaled(moving, velocity, momentum) };
    return addScaled(parameters, direction, -weightLearningRate);
  });
  tf.dispose(here.gradients);

  const ahead = valueAndGradients(
    () => model.pass({ ...trained, parameters: unrolled }, batch, { frozen: false }),
    prefixed({ parameters: unrolled, alphas }),
  );
  tf.dispose(unrolled);
  const direction = unprefixed(ahead.gradients, 'parameters');
  const direct = unprefixed(ahead.gradients, 'alphas');
  const unrolledNorm = number(globalNorm(direction));
  const radius = 0.01 / unrolledNorm;

  const alphaGradientsAt = (distance: number): Tensors =>
    tf.tidy(() => {
      const point = { ...trained, parameters: addScaled(parameters, direction, distance) };
      return valueAndGradients(() => model.pass(point, trainBatch, { frozen: true }), alphas).gradients;
    });
  const plus = alphaGradientsAt(radius);
  const minus = alphaGradientsAt(-radius);
  const hessianVector = mapTensors(plus, (g, name) => g.sub(minus[name]!).div(2 * radius));
  const gradients = mapTensors(direct, (g, name) => g.sub(hessianVector[name]!.mul(weightLearningRate)));
  const { loss, logits } = ahead;
  return { loss, logits, observed: here.observed, unrolledNorm, direct, hessianVector, gradients };
}

function moveAlphas(trained: Trained, gradients: Tensors, learningRate: number): void {
  if (trained.alphaOptimizer === undefined)
    throw new Error('a step of the alphas needs an optimiser of the alphas');
  trained.alphaOptimizer.step(trained.alphas, gradients, learningRate);
}

function number(scalar: tf.Tensor): number {
  return scalar.dataSync()[0]!;
}

function mapTensors(tensors: Tensors, f: (tensor: tf.Tensor, name: string) => tf.Tensor): Tensors {
  return Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [name, f(tensor, name)]));
}

/** Tensors of several groups under names `group/name`, and one group of them back. */
function prefixed(groups: Record<string, Tensors>): Tensors {
  return Object.fromEntries(
    Object.entries(groups).flatMap(([group, tensors]) =>
      Object.entries(tensors).map(([name, tensor]) => [`${group}/${name}`, tensor]),
    ),
  );
}

function unprefixed(tensors: Tensors, group: string): Tensors {
  const prefix = `${group}/`;
  return Object.fromEntries(
    Object.entries(tensors).flatMap(([name, tensor]) =>
      name.startsWith(prefix) ? [[name.slice(prefix.length), tensor]] : [],
    ),
  );
}
