export { addScaled } from './add-scaled.ts';
export { type Affine, batchNorm, EPSILON, normalise } from './batch-norm.ts';
export { ACTIVATIONS, type Activations, roundToBfloat16 } from './bfloat16.ts';
export { convolution, type SeparableConvOptions, separableConv } from './convolution.ts';
export { crossEntropy } from './cross-entropy.ts';
export {
  type DerivedCellPlan,
  type DerivedEdge,
  derivedCell,
  derivedCellParameters,
  hasDerivedCellKernel,
} from './derived-cell.ts';
export { expectMemory } from './expect-memory.ts';
export { fanOut } from './fan-out.ts';
export { firstLargest } from './first-largest.ts';
export { clipScale, globalNorm } from './global-norm.ts';
export { type Losses, type Tensors, valueAndGradients } from './gradients.ts';
export { mixedSum } from './mixed-sum.ts';
export { moveAverages, type Observed } from './moving-average.ts';
export { type Op, type OpSpec, type Outputs, op } from './op.ts';
export { type AdamOptions, adam, type Optimizer, type SgdOptions, sgd } from './optimizer.ts';
export { pack, unpack } from './pack.ts';
export { averagePool3x3, maxPool3x3 } from './pool.ts';
export { factorizedReduction, type ProjectionOptions, projection } from './projection.ts';
export {
  readSafetensors,
  type StoredTensor,
  type StoredTensors,
  type StoredType,
  writeSafetensors,
} from './safetensors.ts';
export { cosine } from './schedule.ts';
export {
  hasSearchCellKernel,
  type SearchCellOptions,
  searchCell,
  searchCellFilters,
} from './search-cell.ts';
export { tidyValues } from './tidy-values.ts';
export { upsample } from './upsample.ts';
