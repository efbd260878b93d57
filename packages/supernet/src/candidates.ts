import { averagePool3x3, maxPool3x3 } from '@unnas/nn';
import type { Place } from './declaration.ts';
import { type Branch, type Layer, norm, separable, stridedSkip } from './layers.ts';

/** Where and how a candidate stands. It keeps the number of channels and divides the size by the stride, rounding up. */
export interface Placement {
  /** Even. */
  readonly channels: number;
  readonly stride: 1 | 2;
  /** Whether its batch norms have a scale and an offset: yes in derived networks, no in supernets. */
  readonly affine: boolean;
  /** Whether a batch norm (never affine) follows a pool: no in derived networks, yes in supernets. */
  readonly poolNorm: boolean;
}

/** Makes a candidate at a place; `undefined` is the candidate that gives zeros. */
export type Candidate = (place: Place, placement: Placement) => Branch | undefined;

/** The candidate operations by their names in DARTS (Liu et al., ICLR 2019, section 3.1). */
export const candidates: Readonly<Record<string, Candidate>> = {
  none: () => undefined,
  max_pool_3x3: (place, placement) => pool(place, placement, maxPool3x3),
  avg_pool_3x3: (place, placement) => pool(place, placement, averagePool3x3),
  skip_connect: (place, { channels, stride, affine }) =>
    stride === 1 ? { map: (x) => x } : stridedSkip(place, channels, affine),
  sep_conv_3x3: (place, placement) => separableTwice(place, placement, 3),
  sep_conv_5x5: (place, placement) => separableTwice(place, placement, 5),
  sep_conv_7x7: (place, placement) => separableTwice(place, placement, 7),
  dil_conv_3x3: (place, placement) => dilated(place, placement, 3),
  dil_conv_5x5: (place, placement) => dilated(place, placement, 5),
};

/** The candidate of a name. @throws RangeError naming those there are */
export function candidate(name: string): Candidate {
  if (!Object.hasOwn(candidates, name)) {
    throw new RangeError(
      `expected a candidate operation of ${Object.keys(candidates).join(', ')}, got ${name}`,
    );
  }
  return candidates[name]!;
}

function pool(
  place: Place,
  { channels, stride, poolNorm }: Placement,
  pooled: (x: Parameters<Layer>[0], stride: number) => ReturnType<Layer>,
): Branch {
  const map: Layer = (x) => pooled(x, stride);
  return poolNorm
    ? { map, shared: true, norm: norm(place.at('bn'), channels, false) }
    : { map, shared: true };
}

/** sep_conv: (ReLU, depthwise, pointwise, batch norm) twice; only the first has the stride. */
function separableTwice(place: Place, { channels, stride, affine }: Placement, size: number): Branch {
  const first = separable(place, channels, size, { index: '1', stride });
  const between = norm(place.at('bn1'), channels, affine).apply;
  const second = separable(place, channels, size, { index: '2' });
  return {
    map: (x, pass) => second(between(first(x, pass), pass), pass),
    norm: norm(place.at('bn2'), channels, affine),
  };
}

/** dil_conv: ReLU, depthwise with dilation 2, pointwise, batch norm. */
function dilated(place: Place, { channels, stride, affine }: Placement, size: number): Branch {
  return {
    map: separable(place, channels, size, { stride, dilation: 2 }),
    norm: norm(place.at('bn'), channels, affine),
  };
}
