import type * as tf from '@tensorflow/tfjs';
import { globalNorm, sgd, type Tensors, valueAndGradients } from '@unnas/nn';
import { type Model, weightStep } from '@unnas/search';
import type { Comparison } from './comparison.ts';
import type { GoldenFile } from './golden-file.ts';
import { freshStatistics, goldenDerivedNetwork, lossOf, variables } from './golden-network.ts';
import { ONE_FINAL, ONE_GRADIENT, ONE_PASS, TRAJECTORY } from './limits.ts';

/** The network of a genotype: one pass with gradients, evaluation with given statistics, and a training of a few steps. */
export function checkDerived(file: GoldenFile, comparison: Comparison): void {
  const { meta } = file;
  if (meta.check) throw new RangeError(`there is no check for ${meta.check}`);
  if (meta.aux) throw new RangeError('there is no check for auxiliary heads');
  if (meta.loss !== 'cross_entropy') throw new RangeError(`there is no check for the loss ${meta.loss}`);

  const network = goldenDerivedNetwork(file);
  const loss = lossOf(meta);
  const forward = (x: tf.Tensor, parameters: Tensors, statistics: Tensors, training: boolean) =>
    network.forward(x, { parameters, statistics, training });
  const model: Model<{ x: tf.Tensor; y: tf.Tensor }> = {
    pass: ({ parameters, statistics }, { x, y }) => {
      const { logits, observed } = forward(x, parameters, statistics, true);
      return { loss: loss(logits, y), logits, observed };
    },
    tally: () => [],
  };
  const parameters = file.group('param');
  const [x, y] = [file.tensor('in/x'), file.tensor('in/y')];
  const start = { parameters, statistics: freshStatistics(network), alphas: {} };
  const pass = valueAndGradients(() => model.pass(start, { x, y }, { frozen: false }), parameters);
  comparison.tensor('out/train_logits', pass.logits, ONE_PASS);
  comparison.tensor('out/train_loss', pass.loss, ONE_PASS);
  comparison.group('grad', pass.gradients, { whole: ONE_PASS, each: ONE_GRADIENT });
  const { logits } = forward(x, parameters, file.group('eval_stat'), false);
  comparison.tensor('out/eval_logits', logits, ONE_PASS);
  comparison.tensor('out/eval_loss', loss(logits, y), ONE_PASS);

  const { trajectory } = meta;
  if (!trajectory) return;
  const trained = {
    parameters: variables(parameters),
    statistics: variables(start.statistics),
    alphas: {},
    weightOptimizer: sgd({
      momentum: trajectory.momentum,
      weightDecay: trajectory.weight_decay,
      nesterov: trajectory.nesterov,
    }),
  };
  for (const [step, learningRate] of (trajectory.lr as number[]).entries()) {
    const batch = trajectory.same_batch
      ? { x, y }
      : { x: file.step('in/xw', step), y: file.step('in/yw', step) };
    const result = weightStep(model, trained, batch, { learningRate, clip: Number.POSITIVE_INFINITY });
    comparison.step('traj/loss', step, [result.loss], TRAJECTORY);
  }
  const limits = { whole: TRAJECTORY, each: ONE_FINAL };
  comparison.group('final', trained.parameters, limits);
  comparison.group('final_stat', trained.statistics, limits);
  comparison.tensor('traj/final_norm', globalNorm(trained.parameters), TRAJECTORY);
  const last = forward(x, trained.parameters, trained.statistics, false);
  comparison.tensor('traj/eval_logits', last.logits, TRAJECTORY);
}
