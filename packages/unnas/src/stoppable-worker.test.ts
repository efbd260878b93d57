import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, test } from 'vitest';

/** A process with a thread that runs `code`, and prints which signal stopped it. */
function start(code: string) {
  const main = `
    import { Worker } from 'node:worker_threads';
    import { untilStopped } from ${JSON.stringify(new URL('./stoppable-worker.ts', import.meta.url).href)};
    const worker = new Worker(${JSON.stringify(code)}, { eval: true, execArgv: [] });
    worker.once('message', () => console.log('ready'));
    const signal = await untilStopped(worker, () => {});
    console.log('stopped by', signal);
    process.exitCode = 7;`;
  const typescript = new URL('../../../scripts/typescript.mjs', import.meta.url).href;
  return spawn(process.execPath, ['--import', typescript, '--input-type=module', '-e', main], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}

async function interrupt(code: string) {
  const child = start(code);
  let stdout = '';
  let sent = false;
  child.stdout.on('data', (data) => {
    stdout += data;
    if (!sent && stdout.includes('ready')) sent = child.kill('SIGINT');
  });
  const [exitCode, signal] = await once(child, 'close');
  return { exitCode, signal, stdout };
}

const READY = `const { parentPort } = require('node:worker_threads'); parentPort.postMessage('ready');`;

test('a thread that stops by itself, or can be cut off, leaves the exit code to the caller', async () => {
  const outcome = { exitCode: 7, signal: null, stdout: 'ready\nstopped by SIGINT\n' };
  expect(await interrupt(`${READY} parentPort.once('message', () => parentPort.close());`)).toEqual(outcome);
  expect(await interrupt(`${READY} for (;;);`)).toEqual(outcome);
});

test('a thread within a call that cannot be cut off does not hold up the process', async () => {
  const stuck = `${READY} require('node:child_process').execFileSync('sleep', ['30']);`;
  expect(await interrupt(stuck)).toEqual({
    exitCode: null,
    signal: 'SIGINT',
    stdout: 'ready\nstopped by SIGINT\n',
  });
});
