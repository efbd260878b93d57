/** The tasks by the name that `--task` takes, and what a network learns by them. Without labels first. */
export const TASKS = {
  rotation: 'by how many quarter turns a picture was rotated',
  colorization: 'the colours of a picture from its lightness, 313 bins for each pixel',
  jigsaw: 'how the tiles of a picture were shuffled',
  classification: 'the class of a picture, from labels',
  segmentation: 'the class of each pixel, from label maps',
} as const;

export type TaskName = keyof typeof TASKS;

export const TASK_NAMES = Object.keys(TASKS) as TaskName[];
