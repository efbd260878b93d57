import * as tf from '@tensorflow/tfjs';
import { supernetEdges } from '@unnas/genotype';
import { hasSearchCellKernel, type SearchCellEdge, searchCell } from '@unnas/nn';
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

/**
 * Whether the search cells of a space are computed by one op each in training, on the backend of the moment. If not, they are
 * composed of the ops of their candidates, as they always are in evaluation; the meaning is the same.
 */
export function fusedCells({
  candidates,
  nodes,
  channels,
}: {
  readonly candidates: readonly string[];
  readonly nodes: number;
  readonly channels: number;
}): boolean {
  const known = candidates.filter((name) => name !== 'none');
  return nodes === NODES && channels % 2 === 0 && `${known}` === `${CANDIDATES}` && hasSearchCellKernel();
}

/** The nodes of a search cell of DARTS at `place`, by one op; what it reads has been declared. */
export function fusedNodes(place: Place, reduction: boolean) {
  const edges = supernetEdges(NODES).map(({ node, input }) => {
    const edge = place.at(`node${node}`).at(`in${input}`);
    const strided = reduction && input < 2;
    const skip = edge.at('skip_connect');
    return {
      strided,
      skip: ['conv_a', 'conv_b'].map((name) => skip.name(name)) as [string, string],
      stages: STAGES.map(([name, index]) =>
        ['dw', 'pw'].map((filter) => edge.at(name).name(`${filter}${index}`)),
      ) as [string, string][],
      norms: [
        ...['max_pool_3x3', 'avg_pool_3x3', ...(strided ? ['skip_connect'] : [])].map((name) =>
          edge.at(name).name('bn.'),
        ),
        ...STAGES.map(([name, index]) => edge.at(name).name(`bn${index}.`)),
      ],
    };
  });
  const norms = statisticNames(edges.flatMap((edge) => edge.norms));

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
    const parameters = (names: readonly [string, string]) =>
      names.map((name) => pass.parameter(name)) as [tf.Tensor, tf.Tensor];
    const mix = tf.concat([...weights], 0).reshape([edges.length, CANDIDATES.length]) as tf.Tensor2D;
    const { y, mean, variance } = searchCell(
      states,
      mix,
      edges.map(
        ({ strided, skip, stages }): SearchCellEdge => ({
          stages: stages.map(parameters),
          ...(strided ? { skip: parameters(skip) } : {}),
        }),
      ),
      { reduction, frozen: pass.frozen, fixed, activations: pass.activations },
    );
    pass.observe(norms, mean, variance, y.size / y.shape[3]);
    return y;
  };
}
