import * as tf from '@tensorflow/tfjs';
import { CANDIDATES, edgeCount } from '@unnas/genotype';
import { crossEntropy, type Tensors } from '@unnas/nn';
import {
  dartsSpace,
  derivedNetwork,
  type Head,
  type Network,
  type Supernet,
  supernet,
} from '@unnas/supernet';
import type { GoldenFile, Meta } from './golden-file.ts';

/** The names of the columns of the alphas. */
export function candidatesOf(file: GoldenFile, columns: number): readonly string[] {
  const candidates: readonly string[] = file.meta.candidates ?? CANDIDATES;
  if (candidates.length !== columns) {
    throw new RangeError(`the alphas have ${columns} columns, but there are ${candidates.length} candidates`);
  }
  return candidates;
}

/** The number of inner nodes of a cell with so many edges. */
export function nodesOf(edges: number): number {
  const nodes = Array.from({ length: 20 }, (_, i) => i + 1).find((count) => edgeCount(count) === edges);
  if (nodes === undefined) throw new RangeError(`no number of nodes has ${edges} edges`);
  return nodes;
}

/** The supernet of a golden file. */
export function goldenSupernet(file: GoldenFile): Supernet {
  const { width, layers, dataset } = file.meta;
  const [edges, columns] = file.stored('param/alpha.normal').shape as [number, number];
  const space = dartsSpace({
    cells: layers,
    channels: width,
    stem: stemOf(dataset),
    candidates: candidatesOf(file, columns),
    nodes: nodesOf(edges),
  });
  return supernet(space, fitted(file.meta));
}

/** The network of the genotype of a golden file. */
export function goldenDerivedNetwork({ meta }: GoldenFile): Network {
  const { genotype, layers, width, dataset } = meta;
  return derivedNetwork(genotype, { cells: layers, channels: width, stem: stemOf(dataset), ...fitted(meta) });
}

function stemOf(dataset: string): 'cifar' | 'imagenet' {
  return dataset.startsWith('cifar') ? 'cifar' : 'imagenet';
}

function fitted(meta: Meta): { classes: number; inputChannels: number; head: Head } {
  return { classes: meta.classes, inputChannels: meta.in_channels, head: headOf(meta) };
}

function headOf({ task, grid, aspp_channels, aspp_rates }: Meta): Head {
  switch (task) {
    case 'cls':
    case 'rot':
      return { kind: 'linear' };
    case 'jig':
      return { kind: 'jigsaw', grid };
    case 'col':
      return { kind: 'pixels' };
    case 'seg':
      return { kind: 'segmentation', channels: aspp_channels, rates: aspp_rates };
    default:
      throw new RangeError(`expected a task of cls, rot, jig, col or seg, got ${task}`);
  }
}

/** The loss of a task: label 255 is left out of segmentation. */
export function lossOf({ task }: Meta): (logits: tf.Tensor, labels: tf.Tensor) => tf.Scalar {
  return task === 'seg' ? (logits, labels) => crossEntropy(logits, labels, { ignore: 255 }) : crossEntropy;
}

/** Parameters without the alphas, and the alphas as `normal` and `reduce`. */
export function withoutAlphas(tensors: Tensors): { parameters: Tensors; alphas: Tensors } {
  const { 'alpha.normal': normal, 'alpha.reduce': reduce, ...parameters } = tensors;
  return { parameters, alphas: { normal: normal!, reduce: reduce! } };
}

/** Running statistics before the first batch: mean 0, variance 1. */
export function freshStatistics(network: Network): Tensors {
  return Object.fromEntries(
    Object.entries(network.statisticShapes).map(([name, shape]) => [
      name,
      tf.fill([...shape], name.endsWith('.var') ? 1 : 0),
    ]),
  );
}

/** Variables that start from these values. */
export function variables(tensors: Tensors): Record<string, tf.Variable> {
  return Object.fromEntries(
    Object.entries(tensors).map(([name, tensor]) => [name, tf.variable(tensor, false)]),
  );
}
