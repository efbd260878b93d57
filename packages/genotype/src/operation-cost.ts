/** Trainable numbers, and multiply-adds of convolutions and linear layers for one picture. */
export interface Cost {
  readonly parameters: number;
  readonly multiplyAdds: number;
}

/** Height and width of a map. */
export type Size = readonly [height: number, width: number];

/**
 * Where an operation stands: it takes a map of `channels` channels and `size` to as many channels and size /
 * stride.
 */
export interface Placement {
  readonly channels: number;
  readonly size: Size;
  readonly stride: 1 | 2;
  /** Whether its batch norms have a scale and an offset: yes in derived networks, no in supernets. */
  readonly affine: boolean;
}

/** What each operation costs. Pools and `none` have no parameters and no multiply-adds in convolutions. */
const operations: Readonly<Record<string, (placement: Placement) => Cost>> = {
  none: free,
  max_pool_3x3: free,
  avg_pool_3x3: free,
  skip_connect: (p) => (p.stride === 1 ? free() : factorizedReduce(p.channels, p.channels, p.size, p.affine)),
  sep_conv_3x3: (p) => separable(p, 3),
  sep_conv_5x5: (p) => separable(p, 5),
  sep_conv_7x7: (p) => separable(p, 7),
  dil_conv_3x3: (p) => depthwiseAndPointwise(p, 3),
  dil_conv_5x5: (p) => depthwiseAndPointwise(p, 5),
  conv_7x1_1x7: convolutionPair,
};

/**
 * All operations that a genotype may name: the candidates of DARTS, and those of the NASNet and AmoebaNet
 * cells.
 */
export const operationNames: readonly string[] = Object.keys(operations);

/** @throws RangeError if `op` is not in `operationNames` */
export function operationCost(op: string, placement: Placement): Cost {
  const price = operations[op];
  if (!price) throw new RangeError(`expected one of ${operationNames.join(', ')}, got ${op}`);
  return price(placement);
}

/** ReLU, 1x1 convolution, batch norm. */
export function preprocess(from: number, to: number, size: Size, affine: boolean): Cost {
  return convolution(1, from, to, size, affine);
}

/**
 * Two 1x1 convolutions of stride 2, each to half of the channels, and one batch norm. `size` is that of the
 * input.
 */
export function factorizedReduce(from: number, to: number, size: Size, affine: boolean): Cost {
  return convolution(1, from, to, strided(size, 2), affine);
}

/** A k x k convolution without bias and its batch norm. `size` is that of the output. */
export function convolution(k: number, from: number, to: number, size: Size, affine: boolean): Cost {
  const weights = k * k * from * to;
  return { parameters: weights + (affine ? 2 * to : 0), multiplyAdds: weights * area(size) };
}

/** The size of a map after an operation of this stride, with the padding that keeps the size at stride 1. */
export function strided([height, width]: Size, stride: number): Size {
  return [Math.ceil(height / stride), Math.ceil(width / stride)];
}

export function area([height, width]: Size): number {
  return height * width;
}

export function total(costs: readonly Cost[]): Cost {
  return costs.reduce(
    (sum, cost) => ({
      parameters: sum.parameters + cost.parameters,
      multiplyAdds: sum.multiplyAdds + cost.multiplyAdds,
    }),
    free(),
  );
}

function free(): Cost {
  return { parameters: 0, multiplyAdds: 0 };
}

/** sep_conv: twice a depthwise and a pointwise convolution; only the first has the stride. */
function separable(placement: Placement, k: number): Cost {
  const second = { ...placement, size: strided(placement.size, placement.stride), stride: 1 } as const;
  return total([depthwiseAndPointwise(placement, k), depthwiseAndPointwise(second, k)]);
}

function depthwiseAndPointwise({ channels, size, stride, affine }: Placement, k: number): Cost {
  const weights = channels * k * k + channels * channels;
  const parameters = weights + (affine ? 2 * channels : 0);
  return { parameters, multiplyAdds: weights * area(strided(size, stride)) };
}

/** ReLU, a 1x7 convolution with horizontal stride, a 7x1 convolution with vertical stride, batch norm. */
function convolutionPair({ channels, size: [height, width], stride, affine }: Placement): Cost {
  const weights = 7 * channels * channels;
  const [outHeight, outWidth] = strided([height, width], stride);
  return {
    parameters: 2 * weights + (affine ? 2 * channels : 0),
    multiplyAdds: weights * (height + outHeight) * outWidth,
  };
}
