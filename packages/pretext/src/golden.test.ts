import { readFileSync } from 'node:fs';
import { CIFAR10_STATISTICS, type CropFlip, type Picture, UNCHANGED } from '@unnas/images';
import { readSafetensors, type StoredTensors } from '@unnas/nn';
import { describe, expect, it } from 'vitest';
import { classificationBatch } from './classification.ts';
import { rotationBatch } from './rotation.ts';

interface Case {
  readonly case: string;
  readonly image: string;
  readonly split: 'train' | 'test';
  readonly named: { flip?: boolean; crop?: { y: number; x: number } };
}

function golden(name: string): { stored: StoredTensors; cases: Case[] } {
  const stored = readSafetensors(readFileSync(new URL(`../fixtures/${name}.safetensors`, import.meta.url)));
  return { stored, cases: JSON.parse(stored.metadata.meta!).cases };
}

function pictureOf({ tensors }: StoredTensors, name: string): Picture {
  const { shape, data } = tensors.get(`img/${name}`)!;
  return { height: shape[0]!, width: shape[1]!, data: data as Uint8Array };
}

function drawsOf({ split, named: { flip, crop } }: Case): CropFlip {
  return split === 'test' ? UNCHANGED : { flip: flip!, top: crop!.y, left: crop!.x };
}

/** Relative distance in the L2 norm. */
function distance(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  expect(actual.length).toBe(expected.length);
  let difference = 0;
  let norm = 0;
  for (let i = 0; i < expected.length; i++) {
    difference += (actual[i]! - expected[i]!) ** 2;
    norm += expected[i]! ** 2;
  }
  return Math.sqrt(difference / norm);
}

describe('the official code', () => {
  const rotated = golden('rot_cifar');
  it.each(rotated.cases)('prepares rotation alike: $case, $image, $split', (at) => {
    const picture = pictureOf(rotated.stored, at.image);
    const { x, xShape, y } = rotationBatch([picture], CIFAR10_STATISTICS, [drawsOf(at)]);
    const out = rotated.stored.tensors.get(`${at.case}/out`)!;
    expect(xShape).toEqual(out.shape);
    expect(distance(x, out.data as Float32Array)).toBeLessThan(1e-6);
    expect([...y]).toEqual([...(rotated.stored.tensors.get(`${at.case}/label`)!.data as Int32Array)]);
  });

  const classified = golden('cls_cifar');
  it.each(classified.cases)('prepares classification alike: $case, $image, $split', (at) => {
    const picture = { ...pictureOf(classified.stored, at.image), label: 3 };
    const { x, xShape } = classificationBatch([picture], CIFAR10_STATISTICS, [drawsOf(at)]);
    const out = classified.stored.tensors.get(`${at.case}/out`)!;
    expect(xShape.slice(1)).toEqual(out.shape);
    expect(distance(x, out.data as Float32Array)).toBeLessThan(1e-6);
  });

  it('has cases of both kinds', () => {
    expect([rotated.cases.length, classified.cases.length]).toEqual([3, 10]);
  });
});
