import * as tf from '@tensorflow/tfjs';
import { CELL_KINDS, deriveGenotype, equalGenotypes } from '@unnas/genotype';
import { adam, globalNorm, moveAverages, sgd, type Tensors, valueAndGradients } from '@unnas/nn';
import {
  firstOrderAlphaStep,
  type Model,
  type Point,
  secondOrderAlphaStep,
  secondOrderGradients,
  type Trained,
  weightStep,
} from '@unnas/search';
import type { Comparison } from './comparison.ts';
import type { GoldenFile, Meta } from './golden-file.ts';
import {
  candidatesOf,
  freshStatistics,
  goldenSupernet,
  lossOf,
  nodesOf,
  variables,
  withoutAlphas,
} from './golden-network.ts';
import { ALPHA_CHANGE, ONE_FINAL, ONE_GRADIENT, ONE_PASS, SECOND_ORDER, TRAJECTORY } from './limits.ts';

/** A supernet: one pass with gradients, evaluation, and, where the file has one, a first-order search. */
export function checkSupernet(file: GoldenFile, comparison: Comparison): void {
  const model = goldenModel(file);
  const batch = { x: file.tensor('in/x'), y: file.tensor('in/y') };
  const start = withoutAlphas(file.group('param'));

  const point = { ...start, statistics: model.fresh() };
  const targets = {
    ...start.parameters,
    'alpha.normal': start.alphas.normal!,
    'alpha.reduce': start.alphas.reduce!,
  };
  const pass = valueAndGradients(() => model.pass(point, batch, { frozen: false }), targets);
  comparison.tensor('out/logits', pass.logits, ONE_PASS);
  comparison.tensor('out/loss', pass.loss, ONE_PASS);
  comparison.group('grad', pass.gradients, { whole: ONE_PASS, each: ONE_GRADIENT });
  const statistics = variables(point.statistics);
  moveAverages(statistics, pass.observed);
  comparison.group('stat', statistics, { whole: ONE_PASS, each: ONE_GRADIENT });
  const evaluated = model.evaluate(batch.x, { ...start, statistics });
  comparison.tensor('out/eval_logits', evaluated, ONE_PASS);

  if (!file.meta.trajectory) return;
  const settings = settingsOf(file.meta);
  const { learningRates, clip, alphaLearningRate } = settings;
  const trained = trainedFrom({ ...start, statistics: model.fresh() }, settings);
  for (const [step, learningRate] of learningRates.entries()) {
    const alpha = firstOrderAlphaStep(model, trained, batchOf(file, 'a', step), {
      learningRate: alphaLearningRate,
    });
    comparison.step('traj/loss_alpha_step', step, [alpha.loss], TRAJECTORY);
    const weight = weightStep(model, trained, batchOf(file, 'w', step), { learningRate, clip });
    comparison.step('traj/loss_weight_step', step, [weight.loss], TRAJECTORY);
    comparison.step('traj/grad_norm', step, [weight.gradientNorm], TRAJECTORY);
    compareAlphas(comparison, step, trained.alphas, start.alphas);
  }
  compareEnd(file, comparison, trained);
  comparison.tensor('traj/eval_logits', model.evaluate(batch.x, trained), TRAJECTORY);
}

/** A second-order search: the parts of its first step, then the whole. */
export function checkSecondOrder(file: GoldenFile, comparison: Comparison): void {
  const model = goldenModel(file);
  const start = withoutAlphas(file.group('param'));
  const settings = settingsOf(file.meta);
  const { learningRates, clip, alphaLearningRate, weights } = settings;
  const trained = trainedFrom({ ...start, statistics: model.fresh() }, settings);
  for (const [step, learningRate] of learningRates.entries()) {
    const train = batchOf(file, 'w', step);
    const validation = batchOf(file, 'a', step);
    const unrolling = { ...weights, learningRate: alphaLearningRate, weightLearningRate: learningRate };
    const parts = secondOrderGradients(model, trained, validation, train, unrolling);
    if (step === 0) {
      comparison.tensor('out/unrolled_loss', parts.loss, ONE_PASS);
      comparison.tensor('out/unrolled_grad_norm', [parts.unrolledNorm], ONE_PASS);
    }
    for (const kind of CELL_KINDS) {
      if (step === 0) {
        comparison.tensor(`out/dalpha.${kind}`, parts.direct[kind]!, ONE_PASS);
        comparison.tensor(`out/hessian_vector.${kind}`, parts.hessianVector[kind]!, SECOND_ORDER);
        comparison.tensor(`out/alpha_grad.${kind}`, parts.gradients[kind]!, SECOND_ORDER);
      }
      comparison.step(`traj/alpha_grad.${kind}`, step, parts.gradients[kind]!, SECOND_ORDER);
    }
    secondOrderAlphaStep(model, trained, validation, train, unrolling);
    const weight = weightStep(model, trained, train, { learningRate, clip });
    comparison.step('traj/loss_weight_step', step, [weight.loss], TRAJECTORY);
    comparison.step('traj/grad_norm', step, [weight.gradientNorm], TRAJECTORY);
    compareAlphas(comparison, step, trained.alphas, start.alphas);
  }
  compareEnd(file, comparison, trained);
}

/** Cells derived from stored pairs of alphas. */
export function checkGenotypes(file: GoldenFile, comparison: Comparison): void {
  const [count, edges, columns] = file.stored('in/alpha.normal').shape as [number, number, number];
  const { genotypes } = file.meta;
  if (genotypes?.length !== count) {
    throw new RangeError(
      `expected the genotypes of ${count} pairs of alphas, got ${genotypes?.length ?? 'none'}`,
    );
  }
  const options = { candidates: candidatesOf(file, columns), nodes: nodesOf(edges) };
  const rows = (name: string, index: number): number[][] => {
    const all = file.values(name);
    return Array.from({ length: edges }, (_, edge) =>
      Array.from({ length: columns }, (_, column) => all[(index * edges + edge) * columns + column]!),
    );
  };
  for (let i = 0; i < count; i++) {
    const alphas = { normal: rows('in/alpha.normal', i), reduce: rows('in/alpha.reduce', i) };
    const genotype = deriveGenotype(alphas, options);
    const { normal, reduce, ...concat } = genotypes[i];
    comparison.equal(`genotype ${i}`, equalGenotypes(genotype, { ...genotype, ...concat, normal, reduce }));
  }
}

/** A supernet with the loss of its task, as the search's steps take it. */
function goldenModel(file: GoldenFile) {
  const network = goldenSupernet(file);
  const loss = lossOf(file.meta);
  const forward = (x: tf.Tensor, point: Point, mode: { training: boolean; frozen: boolean }) => {
    const { normal, reduce } = point.alphas as { normal: tf.Tensor2D; reduce: tf.Tensor2D };
    return network.forward(x, {
      ...point,
      ...mode,
      mix: { normal: tf.softmax(normal), reduce: tf.softmax(reduce) },
    });
  };
  const model: Model<{ x: tf.Tensor; y: tf.Tensor }> = {
    pass: (point, { x, y }, { frozen }) => {
      const { logits, observed } = forward(x, point, { training: true, frozen });
      return { loss: loss(logits, y), logits, observed };
    },
    tally: () => [],
  };
  return {
    ...model,
    fresh: () => freshStatistics(network),
    evaluate: (x: tf.Tensor, point: Point) => forward(x, point, { training: false, frozen: true }).logits,
  };
}

function batchOf(file: GoldenFile, half: 'w' | 'a', step: number) {
  return { x: file.step(`in/x${half}`, step), y: file.step(`in/y${half}`, step) };
}

/** The settings of a trajectory under our names, and the learning rate of the weights at each step. */
function settingsOf({ trajectory }: Meta) {
  const [beta1, beta2] = trajectory.alpha_betas;
  return {
    learningRates: trajectory.lr as readonly number[],
    clip: (trajectory.clip ?? Number.POSITIVE_INFINITY) as number,
    alphaLearningRate: trajectory.alpha_lr as number,
    weights: {
      momentum: trajectory.momentum as number,
      weightDecay: trajectory.weight_decay as number,
      nesterov: trajectory.nesterov as boolean,
    },
    alphas: {
      beta1: beta1 as number,
      beta2: beta2 as number,
      epsilon: trajectory.alpha_eps as number,
      weightDecay: trajectory.alpha_weight_decay as number,
    },
  };
}

type Settings = ReturnType<typeof settingsOf>;

/** Variables and optimisers at the start of a trajectory. */
function trainedFrom({ parameters, statistics, alphas }: Point, settings: Settings): Trained {
  return {
    parameters: variables(parameters),
    statistics: variables(statistics),
    alphas: variables(alphas),
    weightOptimizer: sgd(settings.weights),
    alphaOptimizer: adam(settings.alphas),
  };
}

function compareAlphas(comparison: Comparison, step: number, alphas: Tensors, start: Tensors): void {
  for (const kind of CELL_KINDS) {
    comparison.change(`traj/alpha.${kind}`, step, alphas[kind]!, start[kind]!, ALPHA_CHANGE);
  }
}

function compareEnd(
  file: GoldenFile,
  comparison: Comparison,
  { parameters, statistics, alphas }: Trained,
): void {
  const { normal, reduce } = alphas as { normal: tf.Variable; reduce: tf.Variable };
  const all = { ...parameters, 'alpha.normal': normal, 'alpha.reduce': reduce };
  const limits = { whole: TRAJECTORY, each: ONE_FINAL };
  comparison.group('final', all, limits);
  comparison.group('final_stat', statistics, limits);
  comparison.tensor('traj/final_norm', globalNorm(all), TRAJECTORY);
  if (!file.meta.genotype) return;
  const rows = (alpha: tf.Tensor) => alpha.arraySync() as number[][];
  const candidates = candidatesOf(file, normal.shape[1]!);
  const nodes = nodesOf(normal.shape[0]!);
  const genotype = deriveGenotype({ normal: rows(normal), reduce: rows(reduce) }, { candidates, nodes });
  comparison.equal('genotype', equalGenotypes(genotype, file.meta.genotype));
}
