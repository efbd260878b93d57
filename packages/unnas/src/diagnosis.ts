import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { availableParallelism, cpus, totalmem } from 'node:os';
import { join } from 'node:path';
import { cacheFolder } from '@unnas/images';
import { type AddonStatus, addonStatus } from '@unnas/native';
import { HOW_TO_BUILD, tensorflowStatus } from './backend.ts';
import { version } from './version.ts';

/** What this machine has for us. */
export interface Diagnosis {
  readonly unnas: string;
  readonly node: string;
  readonly platform: string;
  readonly processor: string;
  /** Threads that this process may use at once. */
  readonly cores: number;
  readonly memoryBytes: number;
  readonly addon: AddonStatus;
  /** `tfjs` in version, and whether stock tfjs on libtensorflow can be had. */
  readonly tensorflow: { readonly enabled: boolean };
  readonly cache: string;
  readonly cifar10: boolean;
  /** First line of `--version`, or null where a tool is not found. */
  readonly tools: {
    readonly cmake: string | null;
    readonly compiler: string | null;
    readonly make: string | null;
    readonly nvcc: string | null;
  };
  /** What is missing, what that means, and how to get it. */
  readonly missing: readonly { readonly what: string; readonly get: string }[];
}

export function diagnose(): Diagnosis {
  const addon = addonStatus();
  const tensorflow = tensorflowStatus();
  const cache = cacheFolder();
  const cifar10 = existsSync(join(cache, 'cifar-10', 'test_batch.bin'));
  const tools = {
    cmake: toolVersion('cmake'),
    compiler: toolVersion(process.env.CXX ?? 'c++'),
    make: toolVersion('ninja', 'ninja ') ?? toolVersion('make'),
    nvcc: toolVersion(process.env.CUDACXX ?? 'nvcc') ?? toolVersion('/usr/local/cuda/bin/nvcc'),
  };
  const missing: { what: string; get: string }[] = [];
  const packages = [!tools.cmake && 'cmake', !tools.compiler && 'g++', !tools.make && 'make'].filter(Boolean);
  if (!addon.loaded) {
    if (packages.length > 0) {
      missing.push({
        what: 'tools to build the native addon',
        get: `apt-get install -y ${packages.join(' ')}`,
      });
    }
    missing.push({
      what: 'the native addon (without it: stock tfjs, thousands of times slower)',
      get: HOW_TO_BUILD,
    });
  } else if (!addon.cudaBuilt) {
    missing.push({
      what: 'the CUDA part of the addon',
      get: `${tools.nvcc ? '' : 'install the CUDA toolkit 12 or 13, then '}build the addon again`,
    });
  } else if (addon.cudaDevices === 0) {
    missing.push({
      what: `a CUDA device (${addon.cudaStatus})`,
      get: 'an NVIDIA GPU with its driver; nothing else needs one',
    });
  }
  if (tensorflow.missing)
    missing.push({ what: "the backend 'tensorflow' (for comparisons only)", get: tensorflow.missing });
  if (!cifar10) missing.push({ what: 'CIFAR-10', get: 'unnas data cifar10 (a search fetches it by itself)' });
  return {
    unnas: version,
    node: process.version,
    platform: `${process.platform}-${process.arch}`,
    processor: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    memoryBytes: totalmem(),
    addon,
    tensorflow: { enabled: !tensorflow.missing },
    cache,
    cifar10,
    tools,
    missing,
  };
}

function toolVersion(command: string, prefix = ''): string | null {
  const { status, stdout } = spawnSync(command, ['--version'], { encoding: 'utf8' });
  if (status !== 0) return null;
  const lines = stdout.trim().split('\n');
  // nvcc tells its version in a later line.
  return prefix + (lines.find((line) => /release \d/.test(line)) ?? lines[0]!).trim();
}
