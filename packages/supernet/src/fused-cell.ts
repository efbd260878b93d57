import type * as tf from '@tensorflow/tfjs';
import { supernetEdges } from '@unnas/genotype';
import { hasSearchCellKernel, searchCell } from '@unnas/nn';
import type { Place } from './declaration.ts';
import { type Pass, statisticNames } from './pass.ts';

const NODES = 4;
/** The candidates that the op knows, in the order of the columns of its mix; `none` may stand anywhere among them. */
const CANDIDATES = [
  'max_pool_3x3',
  'avg_pool_3x3',
  'skip_connect',
  'sep_conv_3x3',
  'sep_conv_5x5',
  'dil_conv_3x3',
  'dil_conv_5x5',
];
/** Where the filters `dw`, `pw` of each stage are, and the batch norm after it. */
const STAGES = [
  ['sep_conv_3x3', '1'],
  ['sep_conv_3x3', '2'],
  ['sep_conv_5x5', '1'],
  ['sep_conv_5x5', '2'],
  ['dil_conv_3x3', ''],
  ['dil_conv_5x5', ''],
] as const;

interface Space {
  readonly candidates: readonly string[];
  readonly nodes: number;
  readonly channels: number;
}

/** Whether the op knows the cells of a space. */
function isKnown({ candidates, nodes, channels }: Space): boolean {
  const known = candidates.filter((name) => name !== 'none');
  return nodes === NODES && channels % 2 === 0 && `${known}` === `${CANDIDATES}`;
}

/**
 * Whether the search cells of a space are computed by one op each in training, on the backend of the moment. If not, they are
 * composed of the ops of their candidates, as they always are in evaluation; the meaning is the same.
 */
export const fusedCells = (space: Space): boolean => isKnown(space) && hasSearchCellKernel();

/**
 * The nodes of a search cell of DARTS at `place`, by one op; what it reads has been declared.
 *
 * @returns nothing where the op does not know the cell
 */
export function fusedNodes(place: Place, space: Space, reduction: boolean) {
  if (!isKnown(space)) return undefined;
  const edges = supernetEdges(NODES).map(({ node, input }) => {
    const edge = place.at(`node${node}`).at(`in${input}`);
    const strided = reduction && input < 2;
    const skip = edge.at('skip_connect');
    return {
      filters: [
        ...(strided ? ['conv_a', 'conv_b'].map((name) => skip.name(name)) : []),
        ...STAGES.flatMap(([name, index]) =>
          ['dw', 'pw'].map((filter) => edge.at(name).name(`${filter}${index}`)),
        ),
      ],
      norms: [
        ...['max_pool_3x3', 'avg_pool_3x3', ...(strided ? ['skip_connect'] : [])].map((name) =>
          edge.at(name).name('bn.'),
        ),
        ...STAGES.map(([name, index]) => edge.at(name).name(`bn${index}.`)),
      ],
    };
  });
  const norms = statisticNames(edges.flatMap((edge) => edge.norms));
  const pack = (name: string, members: readonly string[]) => place.pack(name, members, hasSearchCellKernel);
  const filters = pack(
    'filters',
    edges.flatMap((edge) => edge.filters),
  );
  const [means, variances] = [pack('means', norms.means), pack('variances', norms.variances)];

  /**
   * @param weights of every node, as `nodeWeights` gives them
   * @param fixed whether the gradient of a state will not be asked for
   */
  return (
    states: readonly [tf.Tensor4D, tf.Tensor4D],
    weights: readonly tf.Tensor[],
    fixed: readonly [boolean, boolean],
    pass: Pass,
  ) => {
    const mix = pass.mix(weights, [edges.length, CANDIDATES.length]);
    const { frozen, activations } = pass;
    const { y, mean, variance } = searchCell(states, mix, pass.packed(filters), {
      ...{ reduction, frozen, fixed, activations },
    });
    pass.observe(pass.packedNames(means, variances), mean, variance, y.size / y.shape[3]);
    return y;
  };
}
