import { Random } from '@unnas/random';

/** A random number that the original code drew, and by which call of NumPy. */
export interface Draw {
  readonly fn: 'uniform' | 'randint' | 'normal';
  /** The range of the call. */
  readonly args: readonly number[];
  readonly value: number | readonly (readonly number[])[];
}

/**
 * A stream that gives recorded draws in their order, and fails where another kind or another range is asked for. Unless `exact`, a
 * whole number may come from a range that is one larger: crops of the release never begin at the last possible offset.
 */
export function replay(
  draws: readonly Draw[],
  { exact }: { readonly exact: boolean },
): Random & { left(): number } {
  let place = 0;
  const normals: number[] = [];
  const next = (fn: Draw['fn'], fits: (args: readonly number[]) => boolean) => {
    const draw = draws[place++];
    if (draw?.fn !== fn || !fits(draw.args)) {
      throw new RangeError(
        `draw ${place - 1} of the original is ${JSON.stringify(draw)}, and ${fn} was asked for`,
      );
    }
    return draw.value;
  };
  const stream = {
    uniform: () => next('uniform', (args) => args.length === 0) as number,
    between: (low: number, high: number) =>
      next('uniform', (args) => args[0] === low && args[1] === high) as number,
    integer: (count: number) =>
      next('randint', (args) => count === args.at(-1) || (!exact && count === args.at(-1)! + 1)) as number,
    normal() {
      // Drawn three at a time, with a standard deviation of their own.
      if (normals.length === 0) {
        const deviation = draws[place]?.args[1] ?? 1;
        const [values] = next('normal', (args) => args[0] === 0) as readonly (readonly number[])[];
        normals.push(...values!.map((value) => value / deviation));
      }
      return normals.shift()!;
    },
    left: () => draws.length - place + normals.length,
  };
  return Object.assign(Object.create(Random.prototype), stream);
}
