import type { LabeledPicture, Picture, SegmentedPicture } from '@unnas/images';
import { classification, colorization, jigsaw, rotation, segmentation, type Task } from '@unnas/pretext';
import { chosenPermutations } from './permutations-option.ts';
import type { TaskName } from './task-names.ts';

/** What `--task` and its companions say, as plain values. null is what the task does by itself. */
export interface TaskChoice {
  readonly task: TaskName;
  /** Classes of tasks that learn from labels; as many as the pictures have if null. */
  readonly classes: number | null;
  /** Of `jigsaw`: tiles on a side, and how many permutations are told apart, or the path of a file of them. */
  readonly grid: number | null;
  readonly permutations: number | string | null;
  /** Of `jigsaw`: share of pictures that become gray in training. */
  readonly gray: number | null;
  /** Side in pixels of the square that is cut out of a picture; by default that of the paper for the kind of set. */
  readonly crop: number | null;
  /** To how many pixels the shorter side is scaled first. */
  readonly resize: number | null;
  /** Does what the authors' release does where it is known to be wrong. */
  readonly release: boolean;
}

/** A task of any kind of pictures. */
export type AnyTask = Task<Picture> | Task<LabeledPicture> | Task<SegmentedPicture>;

/** The task of a choice. @param classes how many the pictures have, for a choice that does not say */
export function taskOf(choice: TaskChoice, classes: number): AnyTask {
  const { task, release } = choice;
  const framing = { ...said({ crop: choice.crop, resize: choice.resize }), release };
  const labels = { classes: choice.classes ?? classes, ...framing };
  switch (task) {
    case 'rotation':
      return rotation(framing);
    case 'colorization':
      return colorization(framing);
    case 'jigsaw': {
      const { grid, gray } = choice;
      const permutations =
        choice.permutations === null
          ? {}
          : { permutations: chosenPermutations(choice.permutations, grid ?? 2) };
      return jigsaw({ ...said({ grid, gray }), ...permutations, ...framing });
    }
    case 'classification':
      return classification(labels);
    case 'segmentation':
      return segmentation(labels);
  }
}

/** The choice that gives a task, but for the number of classes: that is left to the pictures. */
export function choiceOf({ name, options }: Pick<AnyTask, 'name' | 'options'>): TaskChoice {
  const number = (option: string) => {
    const value = options[option];
    return typeof value === 'number' ? value : null;
  };
  return {
    task: name as TaskName,
    classes: null,
    grid: number('grid'),
    permutations: number('permutations'),
    gray: number('gray'),
    crop: number('crop'),
    resize: number('resize'),
    release: options.release === true,
  };
}

type Said<T> = { [K in keyof T]?: NonNullable<T[K]> };

/** What is not null. */
function said<T extends Readonly<Record<string, number | null>>>(options: T): Said<T> {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== null)) as Said<T>;
}
