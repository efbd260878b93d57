/** The presets by the name that `--preset` takes, and what they are. The settings stand in presets.ts. */
export const PRESETS = {
  'cifar10-rotation': 'the full search on CIFAR-10 without labels: 50 epochs, 8 cells of 16 channels',
  'cifar10-classification': 'the same with labels: supervised DARTS',
  quick: 'a small search without labels, a few minutes on two processor cores',
  tiny: 'a few steps, to see it work where the native addon is not built',
} as const;

export type PresetName = keyof typeof PRESETS;
