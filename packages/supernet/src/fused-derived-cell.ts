import type * as tf from '@tensorflow/tfjs';
import { type Edge, edgesByNode } from '@unnas/genotype';
import { type DerivedEdge, derivedCell, hasDerivedCellKernel } from '@unnas/nn';
import type { Place } from './declaration.ts';
import { type Pass, statisticNames } from './pass.ts';

/** Operations that the op `derivedCell` knows. */
const POOLS = { max_pool_3x3: 'max_pool', avg_pool_3x3: 'average_pool' } as const;
const CONVOLUTIONS = {
  sep_conv_3x3: { kernel: 3, dilation: 1, stages: 2 },
  sep_conv_5x5: { kernel: 5, dilation: 1, stages: 2 },
  sep_conv_7x7: { kernel: 7, dilation: 1, stages: 2 },
  dil_conv_3x3: { kernel: 3, dilation: 2, stages: 1 },
  dil_conv_5x5: { kernel: 5, dilation: 2, stages: 1 },
} as const;

/** How often an operation convolves with a filter for each channel and then with one for all; 0 of those that do not. */
export const convolutionStages = (operation: string): number =>
  has(CONVOLUTIONS, operation) ? CONVOLUTIONS[operation].stages : 0;

const has = <T extends object>(table: T, name: string): name is keyof T & string =>
  Object.hasOwn(table, name);

interface CellOptions {
  readonly edges: readonly Edge[];
  readonly concat: readonly number[];
  readonly reduction: boolean;
  readonly affine: boolean;
  readonly poolNorm: boolean;
}

/**
 * The nodes of a derived cell at `place`, by one op in training mode; what it reads has been declared.
 *
 * @returns nothing where the op does not know the cell: a skip of stride 2, a pool with a batch norm, an operation of one's own, a
 * node without edges, or an output that takes in an input of the cell
 */
export function fusedDerivedCell(place: Place, { edges, concat, ...options }: CellOptions) {
  const found = edgesByNode(edges).flatMap((pair, i) =>
    pair.flatMap(([operation, input], k) =>
      operation === 'none'
        ? []
        : [{ operation, place: place.at(`op${2 * i + k}`).at(operation), node: i + 2, input }],
    ),
  );
  const known = found.map(({ operation, node, input }) => edgeOf(operation, node, input, options));
  const nodes = new Set(found.map(({ node }) => node));
  if (
    !known.every((edge) => edge !== undefined) ||
    nodes.size !== Math.ceil(edges.length / 2) ||
    new Set(concat).size !== concat.length ||
    !concat.every((state) => nodes.has(state))
  )
    return undefined;

  const { reduction, affine } = options;
  const plan = { edges: known, concat, reduction, affine };
  const stages = known.flatMap((edge, i) =>
    edge.kind === 'convolution' ? stageNames(found[i]!.place, edge.stages, affine) : [],
  );
  const norms = statisticNames(stages.map(({ statistics }) => statistics));
  const pack = (name: string, members: readonly string[]) => place.pack(name, members, hasDerivedCellKernel);
  const parameters = pack(
    'stages',
    stages.flatMap(({ names }) => names),
  );
  const [means, variances] = [pack('means', norms.means), pack('variances', norms.variances)];

  return (inputs: readonly [tf.Tensor4D, tf.Tensor4D], pass: Pass): tf.Tensor4D => {
    const { y, mean, variance } = derivedCell(inputs, pass.packed(parameters), plan, { frozen: pass.frozen });
    if (stages.length > 0)
      pass.observe(pass.packedNames(means, variances), mean, variance, y.size / y.shape[3]);
    return y;
  };
}

function edgeOf(
  operation: string,
  node: number,
  input: number,
  { reduction, poolNorm }: Pick<CellOptions, 'reduction' | 'poolNorm'>,
): DerivedEdge | undefined {
  if (has(CONVOLUTIONS, operation)) return { node, input, kind: 'convolution', ...CONVOLUTIONS[operation] };
  if (has(POOLS, operation)) return poolNorm ? undefined : { node, input, kind: POOLS[operation] };
  const strided = reduction && input < 2;
  return operation === 'skip_connect' && !strided ? { node, input, kind: 'skip' } : undefined;
}

/** Where the parameters and the running statistics of a convolution's stages are. */
function stageNames(place: Place, stages: 1 | 2, affine: boolean) {
  return (stages === 1 ? [''] : ['1', '2']).map((index) => {
    const norm = place.at(`bn${index}`);
    return {
      names: [
        ...['dw', 'pw'].map((filter) => place.name(`${filter}${index}`)),
        ...(affine ? ['gamma', 'beta'].map((name) => norm.name(name)) : []),
      ],
      statistics: norm.name(''),
    };
  });
}
