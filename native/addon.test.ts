import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, describe as group, it } from 'vitest';
import { addonStatus, allocate, describe, run, setIsa, setThreads, timeKernels } from './addon.ts';

/** What another process, with other environment variables, says about the addon. */
function inAnotherProcess(environment: Record<string, string>): string {
  const loader = fileURLToPath(new URL('../scripts/typescript.mjs', import.meta.url));
  const addon = new URL('./addon.ts', import.meta.url).href;
  const code = `const { addonStatus, setThreads } = await import(${JSON.stringify(addon)});
    const status = addonStatus();
    console.log(JSON.stringify(status), status.loaded ? setThreads(0) : '');`;
  const { stdout, stderr } = spawnSync(
    process.execPath,
    ['--import', loader, '--input-type=module', '--eval', code],
    { encoding: 'utf8', env: { ...process.env, ...environment } },
  );
  return stdout || stderr;
}

group('addon', () => {
  it('says what was loaded', () => {
    const status = addonStatus();
    expect(status).toMatchObject({ loaded: true, isa: setIsa('') });
    expect(status).toHaveProperty('path', expect.stringContaining('unnas_native.node'));
    expect(describe().compiler).not.toBe('');
  });

  it('says why nothing was loaded, and does not throw', () => {
    expect(inAnotherProcess({ UNNAS_NATIVE: 'off' })).toContain('"loaded":false,"reason":"UNNAS_NATIVE=off"');
    expect(inAnotherProcess({ UNNAS_NATIVE: '/nowhere/a.node' })).toContain('no file /nowhere/a.node');
    expect(inAnotherProcess({ UNNAS_NATIVE: fileURLToPath(import.meta.url) })).toContain('"loaded":false');
  });

  it('takes the instruction set and the threads of the environment', () => {
    expect(inAnotherProcess({ UNNAS_ISA: 'baseline', UNNAS_THREADS: '3' })).toMatch(
      /"isa":"baseline","threads":3.*\} 3/,
    );
    expect(inAnotherProcess({ UNNAS_ISA: 'mmx' })).toContain('expected baseline, avx2 or avx512, got mmx');
  });

  it('counts threads', () => {
    expect(setThreads(3)).toBe(3);
    expect(setThreads(0)).toBeGreaterThan(0);
  });

  it('gives zeroed memory of any size', () => {
    for (const bytes of [0, 4, 100, 5 << 20]) {
      const memory = new Uint8Array(allocate(bytes));
      expect(memory.length).toBe(bytes);
      expect(memory.every((byte) => byte === 0)).toBe(true);
    }
  });

  it('refuses a kernel, an element type or an attribute that is not there', () => {
    const x = new Float32Array(4);
    expect(() => run('no such kernel', [x], [x])).toThrow("no native kernel is called 'no such kernel'");
    expect(() => run('relu', [new Int32Array(4)], [x])).toThrow('another element type');
    expect(() => run('relu', [[1, 2] as never], [x])).toThrow('typed arrays only');
    expect(() => run('relu', [new Float64Array(4) as never], [x])).toThrow(
      'Float32Array, Int32Array or Uint8Array',
    );
    expect(() => run('matrix_product', [x, x], [x], { rows: 2 })).toThrow("misses the number 'batch_a'");
  });

  it('gives a kernel the parts of an array one by one', () => {
    const array = Float32Array.of(1, 2, 3, 4, 5);
    const joined = new Float32Array(6);
    const parts = (...lengths: number[]) => ({ array, lengths: Int32Array.from(lengths) });
    run('concat', [parts(2, 0, 2), Float32Array.of(6, 7)], [joined], { outer: 2 });
    expect([...joined]).toEqual([1, 3, 6, 2, 4, 7]);
    const [x, split] = [Float32Array.of(1, 2, 3, 4), new Float32Array(5).fill(9)];
    run('split', [x], [{ array: split, lengths: Int32Array.of(1, 3) }], { outer: 1 });
    expect([...split]).toEqual([1, 2, 3, 4, 9]);
    for (const wrong of [parts(3, 3), parts(-1)])
      expect(() => run('concat', [wrong], [joined], { outer: 1 })).toThrow('longer than the array');
    const lengths = [1] as never;
    expect(() => run('concat', [{ array, lengths }], [joined], { outer: 1 })).toThrow('typed arrays only');
  });

  it('gives the kernels that ran in a piece of work', () => {
    const x = new Float32Array([-1, 2]);
    const relu = () => run('relu', [x], [new Float32Array(2)]);
    relu();
    const { result, kernels } = timeKernels(() => {
      for (let i = 0; i < 3; i++) relu();
      const inner = timeKernels(relu);
      expect(inner.kernels.relu?.calls).toBe(1);
      return 'done';
    });
    relu();
    expect(result).toBe('done');
    expect(kernels).toEqual({ relu: { calls: 3, milliseconds: expect.any(Number) } });
    expect(() => timeKernels(() => run('nothing', [], []))).toThrow("no native kernel is called 'nothing'");
    expect(timeKernels(() => {}).kernels).toEqual({});
  });
});
