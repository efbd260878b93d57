import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { readSafetensors, type StoredTensor, writeSafetensors } from '@unnas/nn';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkFolder, type Verdict } from './checker.ts';
import { Comparison } from './comparison.ts';
import { GoldenFile } from './golden-file.ts';
import { replay } from './replay.ts';
import { selectBackend } from './select-backend.ts';

const files = join(import.meta.dirname, 'files');
const typescript = join(import.meta.dirname, '../../scripts/typescript.mjs');

function expectAllPassed(verdicts: readonly Verdict[], count: number): void {
  expect(verdicts.filter(({ passed }) => !passed)).toEqual([]);
  expect(verdicts.length).toBe(count);
}

const native = await selectBackend('native').then(
  () => true,
  (error) => {
    console.warn(`golden files are not checked on the backend native: ${error.message}`);
    return false;
  },
);

describe.runIf(native)('on the backend native', () => {
  beforeAll(() => selectBackend('native'));

  it('operations and cells are those of the original code', () => {
    expectAllPassed([...checkFolder(join(files, 'ops'))], 33);
  });

  it('so are prepared pictures, with the draws of the original, bins of colours and label maps', () => {
    expectAllPassed([...checkFolder(join(files, 'transforms'))], 11);
  });

  it('so are supernets: gradients, evaluation, first- and second-order search, derived cells', () => {
    expectAllPassed([...checkFolder(join(files, 'supernet'))], 6);
  }, 600_000);
});

describe('on stock tfjs', () => {
  beforeAll(() => selectBackend('cpu'));

  it('operations and cells are those of the original code', () => {
    expectAllPassed([...checkFolder(join(files, 'ops'))], 33);
  });

  it('so are prepared pictures, with the draws of the original, bins of colours and label maps', () => {
    expectAllPassed([...checkFolder(join(files, 'transforms'))], 11);
  });

  it('so are metrics summed over batches', () => {
    expectAllPassed([...checkFolder(join(files, 'metrics'))], 2);
  });

  it('so are single passes of a supernet, and derived cells', () => {
    expectAllPassed([...checkCopies({ seg_imagenet_stem: (file) => file, genotypes: (file) => file })], 2);
  }, 600_000);

  // Stock tfjs takes minutes for all steps; `npm run golden -- test/golden/files` takes them.
  it('so is the first step of a search', () => {
    expectAllPassed([...checkCopies({ rot: firstStep })], 1);
  }, 600_000);
});

type File = ReturnType<typeof readSafetensors>;

/** Checks changed copies of files of supernets. */
function checkCopies(changes: Record<string, (file: File) => File>): Verdict[] {
  return withFolder((folder) => {
    for (const [name, change] of Object.entries(changes)) {
      const { tensors, metadata } = change(
        readSafetensors(readFileSync(join(files, 'supernet', `${name}.safetensors`))),
      );
      writeFileSync(join(folder, `${name}.safetensors`), writeSafetensors(tensors, metadata));
    }
    return [...checkFolder(folder)];
  });
}

/** A search cut after its first step, without the values of its end. */
function firstStep({ tensors, metadata }: File): File {
  const meta = JSON.parse(metadata.meta!);
  const steps = meta.trajectory.steps;
  const kept = new Map(
    [...tensors]
      .filter(([name]) => !/^final|^traj\/(final|eval)/.test(name))
      .map(([name, tensor]) => {
        if (!/^traj\/|^in\/[xy][wa]$/.test(name)) return [name, tensor];
        const { shape, data } = tensor;
        return [
          name,
          {
            ...tensor,
            shape: [1, ...shape.slice(1)],
            data: data.slice(0, data.length / steps) as typeof data,
          },
        ];
      }),
  );
  const { genotype, ...rest } = meta;
  const trajectory = { ...meta.trajectory, steps: 1, lr: meta.trajectory.lr.slice(0, 1) };
  return { tensors: kept, metadata: { ...metadata, meta: JSON.stringify({ ...rest, trajectory }) } };
}

function withoutLast({ tensors, metadata }: File): File {
  const { genotypes, ...meta } = JSON.parse(metadata.meta!);
  return {
    tensors,
    metadata: { ...metadata, meta: JSON.stringify({ ...meta, genotypes: genotypes.slice(0, -1) }) },
  };
}

describe('replayed draws', () => {
  const draws = [
    { fn: 'uniform', args: [], value: 0.25 },
    { fn: 'randint', args: [0, 8], value: 3 },
    { fn: 'normal', args: [0, 0.1], value: [[0.1, -0.2, 0.3]] },
  ] as const;

  it('come in their order, from the ranges that the original drew from', () => {
    const stream = replay(draws, { exact: true });
    expect([stream.uniform(), stream.integer(8)]).toEqual([0.25, 3]);
    expect(stream.left()).toBe(1);
    expect([0, 1, 2].map(() => stream.normal())).toEqual([1, -2, 0.3 / 0.1]);
    expect(stream.left()).toBe(0);
  });

  it('are not given for another call, another range, or beyond the end', () => {
    expect(() => replay(draws, { exact: true }).integer(8)).toThrow('randint was asked for');
    const [, whole] = draws;
    expect(() => replay([whole], { exact: true }).integer(9)).toThrow('randint was asked for');
    expect(replay([whole], { exact: false }).integer(9)).toBe(3);
    expect(() => replay([whole], { exact: false }).integer(10)).toThrow('randint was asked for');
    expect(() => replay([], { exact: true }).uniform()).toThrow('uniform was asked for');
  });
});

describe('the checker', () => {
  beforeAll(() => selectBackend('cpu'));
  const folder = mkdtempSync(join(tmpdir(), 'unnas-golden-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  const original = () => readSafetensors(readFileSync(join(files, 'ops/sep_conv_3x3_affine_s2.safetensors')));
  type Tensors = Map<string, StoredTensor>;

  function verdictOf(change: (tensors: Tensors, meta: Record<string, unknown>) => void): Verdict {
    const { tensors, metadata } = original();
    const meta = JSON.parse(metadata.meta!);
    change(tensors, meta);
    const inner = mkdtempSync(join(folder, 'deep-'));
    mkdirSync(join(inner, 'er'));
    const bytes = writeSafetensors(tensors, { ...metadata, meta: JSON.stringify(meta) });
    writeFileSync(join(inner, 'er/x.safetensors'), bytes);
    const verdicts = [...checkFolder(inner)];
    expect(verdicts.length).toBe(1);
    return verdicts[0]!;
  }

  it('finds files in folders below', () => {
    expect(verdictOf(() => {})).toMatchObject({
      file: join('er', 'x.safetensors'),
      passed: true,
      failures: [],
    });
  });

  it.each(['out/y', 'grad_in/x', 'grad/dw1', 'grad/bn2.beta', 'stat/bn1.mean'])(
    'notices when %s is one part in a thousand off',
    (name) => {
      const verdict = verdictOf((tensors) => {
        const tensor = tensors.get(name)!;
        const data = Float32Array.from(tensor.data as Float32Array, (value) => value * 1.001);
        tensors.set(name, { ...tensor, data });
      });
      expect(verdict.passed).toBe(false);
      expect(verdict.failures.join()).toContain(name);
    },
  );

  it('fails on a wrong number of channels, a kind or an expected value without a check, and a broken file', () => {
    expect(verdictOf((_, meta) => (meta.c = 6)).failures).toMatchObject([
      expect.stringContaining('of shape 6, got 4'),
    ]);
    expect(verdictOf((_, meta) => (meta.kind = 'opera')).failures).toEqual([
      'there is no check for the kind opera',
    ]);
    const scalar: StoredTensor = { dtype: 'F32', shape: [1], data: Float32Array.of(1) };
    expect(verdictOf((tensors) => tensors.set('traj/z', scalar)).failures).toEqual([
      expect.stringContaining('traj/z (not compared)'),
    ]);
    writeFileSync(join(folder, 'broken.safetensors'), Uint8Array.of(1, 2, 3));
    const broken = [...checkFolder(folder)].find(({ file }) => file === 'broken.safetensors');
    expect(broken).toMatchObject({
      passed: false,
      failures: [expect.stringContaining('no whole safetensors file')],
    });
  });

  it('fails where metadata are missing, where steps are left over, and where there is nothing to compare', () => {
    expect(verdictOf((_, meta) => (meta.kind = 'cell')).failures).toEqual([
      expect.stringContaining('the file has no tensor in/alpha'),
    ]);
    expect(verdictOf((_, meta) => (meta.kind = 'derived')).failures).toEqual([
      expect.stringContaining('there is no check for the loss undefined'),
    ]);
    expect(
      verdictOf((tensors) => {
        for (const name of tensors.keys()) if (!/^(in|param)\//.test(name)) tensors.delete(name);
      }).failures,
    ).toEqual([expect.stringContaining('nothing to compare')]);
    const [genotypes] = checkCopies({ genotypes: withoutLast });
    expect(genotypes!.failures).toEqual(['expected the genotypes of 15 pairs of alphas, got 14']);
    const norms: StoredTensor = { dtype: 'F32', shape: [3], data: Float32Array.of(1, 2, 3) };
    const steps = new Comparison(new GoldenFile('x', {}, new Map([['traj/grad_norm', norms]])));
    for (const [step, norm] of [1, 2].entries()) steps.step('traj/grad_norm', step, [norm], 0);
    expect(steps.failures()).toMatchObject([{ name: 'traj/grad_norm (2 of 3 values compared)' }]);
  });

  it('names files of tensors that are not of this format, and descriptions that have lost their tensors', () => {
    withFolder((folder) => {
      const data = Float32Array.of(1);
      writeFileSync(
        join(folder, 'other.safetensors'),
        writeSafetensors(new Map([['a', { dtype: 'F32', shape: [1], data }]])),
      );
      writeFileSync(join(folder, 'lone.json'), '{"kind": "op"}');
      writeFileSync(join(folder, 'cut.json'), '{"kind": ');
      writeFileSync(join(folder, 'null.json'), 'null');
      expect([...checkFolder(folder)]).toEqual([
        { file: 'cut.json', passed: false, failures: [expect.stringContaining('this is no JSON')] },
        { file: 'lone.json', passed: false, failures: ['there is no lone.safetensors beside it'] },
        {
          file: 'other.safetensors',
          passed: false,
          failures: ['expected the format unnas-golden-1, got none'],
        },
      ]);
    });
  });

  it('takes inputs and labels that are bytes, and files without the rest', () => {
    const bytes: StoredTensor = {
      dtype: 'U8',
      shape: [2, 8, 10, 4],
      data: Uint8Array.from({ length: 640 }, (_, i) => (i * 37) % 256),
    };
    const pixels = Float32Array.from(bytes.data as Uint8Array, (byte) => (byte - 127.5) / 64);
    const skip = (x: 'in/x' | 'in/x_u8') =>
      verdictOf((tensors, meta) => {
        tensors.clear();
        Object.assign(meta, { op: 'skip_connect', c: 4, stride: 1, affine: false });
        tensors.set(x, x === 'in/x' ? { ...bytes, dtype: 'F32', data: pixels } : bytes);
        tensors.set('out/y', { ...bytes, dtype: 'F32', data: pixels });
      });
    expect([skip('in/x'), skip('in/x_u8')].map(({ failures }) => failures)).toEqual([[], []]);
  });

  it('says so when there is no folder or nothing in it', () => {
    expect(() => [...checkFolder(join(folder, 'nowhere'))]).toThrow('there is no folder');
    withFolder((empty) => {
      writeFileSync(join(empty, 'other.json'), '{"a": 1}');
      expect(() => [...checkFolder(empty)]).toThrow('it has none');
    });
  });

  it('leaves no tensors behind', () => {
    const before = tf.memory().numTensors;
    verdictOf(() => {});
    expect(tf.memory().numTensors).toBe(before);
  });
});

it('npm run golden checks the files of a folder whatever their names, and names those it has no check for', () => {
  withFolder((folder) => {
    mkdirSync(join(folder, 'deep'));
    cpSync(join(files, 'ops/mixed_op_s1.safetensors'), join(folder, 'deep/a.b.safetensors'));
    const { tensors, metadata } = readSafetensors(readFileSync(join(files, 'ops/none_s1.safetensors')));
    const meta = JSON.stringify({ ...JSON.parse(metadata.meta!), kind: 'opera' });
    writeFileSync(join(folder, 'z.safetensors'), writeSafetensors(tensors, { ...metadata, meta }));
    const run = (...args: string[]) => {
      const command = [
        '--conditions=unnas-source',
        '--import',
        typescript,
        join(import.meta.dirname, 'run.ts'),
      ];
      const { status, stdout, stderr } = spawnSync(process.execPath, [...command, ...args], {
        encoding: 'utf8',
      });
      return { status, stderr, lines: stdout.trim().split('\n') };
    };
    const { status, lines } = run(folder);
    expect(lines[0]).toBe(`golden files in ${folder} on the backend ${native ? 'native' : 'cpu'}`);
    expect(lines[1]).toMatch(/^passed deep\/a\.b\.safetensors /);
    expect(lines.slice(2)).toEqual([
      'FAILED z.safetensors',
      '       there is no check for the kind opera',
      '1 passed, 1 failed',
    ]);
    expect(status).toBe(1);
    expect(run(join(folder, 'deep'), '--backend', 'cpu')).toMatchObject({
      status: 0,
      lines: expect.arrayContaining(['1 passed, 0 failed']),
    });
    expect(run(folder, '--backend', 'gpu')).toMatchObject({
      status: 2,
      stderr: 'golden: expected the backend cpu or native, got gpu\n',
    });
  });
});

function withFolder<T>(use: (folder: string) => T): T {
  const folder = mkdtempSync(join(tmpdir(), 'unnas-golden-'));
  try {
    return use(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
