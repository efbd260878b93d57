import '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs';
import {
  clock,
  lossWork,
  MAPS,
  mapWork,
  median,
  type OpComparison,
  type OpWork,
  stemWork,
} from '@unnas/bench';

const BACKENDS = ['native', 'cpu', 'wasm'] as const;

/** Everything on maps of CIFAR's supernet that is one op on stock tfjs as well, or a few. */
const parts = (batch: number): (() => Iterable<OpWork>)[] => [
  () => stemWork(batch, 'CIFAR'),
  ...MAPS.CIFAR.map(
    ([side, channels]) =>
      () =>
        mapWork(batch, side, channels),
  ),
  () => lossWork(batch, 10),
];

/**
 * Every fused op on our backend, and its reference on those of stock tfjs, in turns: forward, and forward with the gradients. A
 * search cell is no op there but a hundred; whole steps compare that. Leaves the backend native.
 */
export async function compareOps({
  batch,
  turns,
}: {
  batch: number;
  turns: number;
}): Promise<OpComparison[]> {
  const comparisons: OpComparison[] = [];
  for (const part of parts(batch)) {
    const works = new Map<string, OpWork[]>();
    tf.engine().startScope();
    try {
      for (const backend of BACKENDS) {
        await tf.setBackend(backend);
        works.set(backend, [...part()]);
      }
      for (const [i, { name, size }] of works.get('native')!.entries()) {
        for (const pass of ['forward', 'both'] as const) {
          const contenders = BACKENDS.map((backend) => ({ backend, work: works.get(backend)![i]! }));
          comparisons.push({ name, size, pass, milliseconds: await compareOp(contenders, pass, turns) });
        }
      }
    } finally {
      tf.engine().endScope();
    }
  }
  await tf.setBackend('native');
  return comparisons;
}

async function compareOp(
  contenders: readonly { readonly backend: string; readonly work: OpWork }[],
  pass: OpComparison['pass'],
  turns: number,
): Promise<OpComparison['milliseconds']> {
  const times: Record<string, number[] | null> = Object.fromEntries(
    contenders.map(({ backend }) => [backend, []]),
  );
  for (let turn = 0; turn <= turns; turn++) {
    for (const { backend, work } of contenders) {
      if (times[backend] === null) continue;
      await tf.setBackend(backend);
      global.gc?.(); // stock tfjs leaves garbage behind, which is not to meet the next
      try {
        const dy = pass === 'both' ? tf.tidy(() => tf.onesLike(work.forward())) : undefined;
        const milliseconds = clock(() => once(work, dy));
        dy?.dispose();
        if (turn > 0) times[backend]!.push(milliseconds);
      } catch (error) {
        if (!/kernel/i.test((error as Error).message)) throw error;
        times[backend] = null; // this backend has no kernel for it
      }
    }
  }
  return Object.fromEntries(Object.entries(times).map(([name, values]) => [name, values && median(values)]));
}

/** Forward, and with a gradient of the result the gradients of all targets. */
function once({ forward, targets }: OpWork, dy: tf.Tensor | undefined): void {
  tf.tidy(() => {
    if (dy === undefined) forward();
    else tf.engine().gradients(forward, [...targets], dy, true);
  });
}
