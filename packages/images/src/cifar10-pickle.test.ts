import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isInputError } from '@unnas/random';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { failure, temporaryFolder } from '../fixtures/folders.ts';
import { cacheFolder } from './cache-folder.ts';
import { readPickledBatch } from './cifar10-pickle.ts';
import { NumpyArray, readNumpyPickle } from './numpy-pickle.ts';

const PICKLES = fileURLToPath(new URL('../fixtures/cifar-10-batches-py', import.meta.url));
const BATCHES = [...[1, 2, 3, 4, 5].map((batch) => `data_batch_${batch}`), 'test_batch'];

/** What the reading of a file with these bytes fails with, after its name. */
async function refusal(bytes: Uint8Array | string): Promise<string> {
  const path = join(await temporaryFolder(), 'data_batch_1');
  await writeFile(path, bytes, 'latin1');
  const error = await failure(readPickledBatch(path));
  expect(isInputError(error)).toBe(true);
  expect(error.message.startsWith(path)).toBe(true);
  return error.message.slice(path.length);
}

describe('a pickle', () => {
  it('executes nothing: a name that arrays do not need is an error', async () => {
    const evil = '\x80\x02cos\nsystem\n(X\x10\x00\x00\x00touch /evil/file!tR.';
    expect(await refusal(evil)).toBe(
      ' names os.system, which a file of arrays has no need for: nothing was executed (at byte 13); is it CIFAR-10?',
    );
    // pickle.dumps(evil, 4), where `evil.__reduce__` returns (eval, ('1',))
    const newer =
      '\x80\x04\x95\x1a\0\0\0\0\0\0\0\x8c\x08builtins\x94\x8c\x04eval\x94\x93\x94\x8c\x011\x94\x85\x94R\x94.';
    expect(await refusal(newer)).toContain(' names builtins.eval, which');
    // INST, OBJ and NEWOBJ call as well.
    for (const instruction of ['i', 'o', '\x81']) {
      expect(await refusal(`\x80\x02(${instruction}os\nsystem\n.`)).toMatch(/ has the instruction 0x/);
    }
  });

  it('says what it found in place of a batch', async () => {
    expect(await refusal('')).toBe(' is no pickle of protocol 2 to 5 (at byte 0); is it CIFAR-10?');
    expect(await refusal('(dp0\n.')).toContain(' is no pickle of protocol 2 to 5');
    expect(await refusal('\x80\x06N.')).toContain(' is a pickle of protocol 6, expected 2 to 5');
    expect(await refusal('\x80\x02N.')).toBe(
      ' holds a pickle of something else than a dict; is it CIFAR-10?',
    );
    expect(await refusal('\x80\x02}.')).toContain(
      ' holds a dict with no keys, expected the keys data and labels',
    );
    expect(await refusal('\x80\x02}U\x01aNs.')).toContain(' holds a dict with the keys a, expected');
    expect(await refusal('\x80\x02}U\x04dataNsU\x06labels]s.')).toContain(
      ': data is no array, expected an array of u1 of shape [pictures,3072]',
    );
    expect(await refusal('\x80\x02.')).toContain(' takes from an empty stack');
    expect(await refusal('\x80\x02h\x05.')).toContain(' refers to 5, which was not stored');
    expect(await refusal('\x80\x02X\x01\0\0\0\xff.')).toContain(' has text that is no UTF-8');
  });

  it('names a label list that does not fit, and other arrays', async () => {
    const whole = (await readFile(join(PICKLES, 'data_batch_1'))).toString('latin1');
    expect(await refusal(whole.replace('K\x03K\x04K\x05e', 'K\x03K\x04e'))).toBe(
      ' has 2 labels for 3 pictures',
    );
    expect(await refusal(whole.replace('K\x03K\x04K\x05e', 'K\x03NK\x05e'))).toBe(
      ': the label of picture 1 is no whole number',
    );
    expect(await refusal(whole.replace('u1', 'i1'))).toContain(': data is an array of i1 of shape [3,3072]');
    expect(await refusal(whole.replace('u1', 'O8'))).toContain(' has an array of type O8, expected numbers');
    expect(await refusal(whole.replace('M\x00\x0c', 'M\x00\x0d'))).toContain(
      ' has an array of shape [3,3328] and type u1 with 9216 bytes, expected 9984',
    );
  });

  it('that is cut anywhere is an error', async () => {
    for (const file of BATCHES) {
      const whole = await readFile(join(PICKLES, file));
      for (let end = 1; end < whole.length; end += end < 400 || end > whole.length - 400 ? 1 : 97) {
        expect(() => readNumpyPickle(whole.subarray(0, end))).toThrow(/ends early|no UTF-8/);
      }
    }
  });

  it('with any changed bytes is read or refused, and never breaks the reader', async () => {
    const files = await Promise.all(BATCHES.map((file) => readFile(join(PICKLES, file))));
    const change = fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.integer({ min: 0, max: 255 }));
    fc.assert(
      fc.property(
        fc.nat(files.length - 1),
        fc.array(change, { minLength: 1, maxLength: 4 }),
        (file, changes) => {
          const bytes = Uint8Array.from(files[file]!);
          // Most of the program stands at both ends of a file.
          for (const [share, value] of changes) {
            const at = Math.floor(share * 600);
            bytes[at < 300 ? at : bytes.length - 1 - (at - 300)] = value;
          }
          try {
            readNumpyPickle(bytes);
          } catch (error) {
            expect((error as Error).constructor).toBe(Error);
          }
        },
      ),
      { numRuns: 2000 },
    );
  });

  it('cannot ask for more memory than its length', () => {
    const text = 'x'.repeat(200);
    const again = 'h\x00h\x01h\x02\x86R';
    const start = `\x80\x02](c_codecs\nencode\nq\x00X\xc8\0\0\0${text}q\x01U\x06latin1q\x02`;
    expect(() => readNumpyPickle(Buffer.from(`${start}${again.repeat(1000)}e.`, 'latin1'))).toThrow(
      'encodes the same text over and over',
    );
  });
});

const GENUINE = join(cacheFolder(), 'cifar-10', 'data_batch_3.bin');
const PICKLE_IT = `
import sys, pickle, numpy
records = numpy.fromfile(sys.argv[1], 'u1').reshape(-1, 3073)
batch = {b'labels': records[:, 0].tolist(), b'data': records[:, 1:]}
if sys.argv[3] != '2': batch[b'data'] = numpy.ascontiguousarray(batch[b'data'])
pickle.dump(batch, open(sys.argv[2], 'wb'), int(sys.argv[3]))
`;
const python = spawnSync('python3', ['-c', 'import numpy'], { encoding: 'utf8' }).status === 0;

describe.skipIf(!existsSync(GENUINE) || !python)('the genuine CIFAR-10, pickled by Python', () => {
  it.each([2, 5])('is the same as its binary version, in protocol %i', async (protocol) => {
    const path = join(await temporaryFolder(), 'data_batch_3');
    const { status, stderr } = spawnSync('python3', ['-c', PICKLE_IT, GENUINE, path, `${protocol}`]);
    expect(`${stderr}`).toBe('');
    expect(status).toBe(0);
    const { bytes, first, stride, labels } = await readPickledBatch(path);
    const genuine = await readFile(GENUINE);
    expect(labels).toHaveLength(10_000);
    for (const [i, label] of labels.entries()) {
      const record = genuine.subarray(i * 3073, (i + 1) * 3073);
      const picture = bytes.subarray(first + i * stride, first + i * stride + 3072);
      if (label !== record[0] || Buffer.compare(picture, record.subarray(1)) !== 0) {
        expect.fail(`picture ${i} differs`);
      }
    }
  });
});

describe('an array', () => {
  it('of whole numbers of any width gives its values', async () => {
    const numbers = readNumpyPickle(await readFile(join(PICKLES, 'data_batch_5'))) as Map<string, NumpyArray>;
    const labels = numbers.get('labels')!;
    expect([labels.type, labels.integers()]).toEqual(['i8', [5, 6, 7]]);
    const array = new NumpyArray();
    array.data = Uint8Array.of(255, 255, 1, 0);
    const read = (type: string) => {
      array.type = type;
      return array.integers();
    };
    expect(read('i1')).toEqual([-1, -1, 1, 0]);
    expect(read('u2')).toEqual([65535, 1]);
    expect(read('i4')).toEqual([131071]);
    expect(() => read('f4')).toThrow('has an array of type f4, expected whole numbers');
  });
});
