import { table } from './command.ts';
import { DATA_LAYOUTS } from './data-layouts.ts';
import { PRESETS } from './preset-names.ts';
import { TASKS } from './task-names.ts';

/** What the help says of tasks, data and presets. */
export function searchTopics(): string {
  const presets = Object.entries(PRESETS).map(([name, { summary }]) => [name, summary] as const);
  const layouts = Object.values(DATA_LAYOUTS).map(({ title, layout }) => [title, layout] as const);
  return [
    `Tasks:\n${table(Object.entries(TASKS))}`,
    `Data, below the folder DIR:\n${table([
      ['pictures', 'jpg, png and webp in any folders; for classification a folder for each class'],
      ...layouts,
    ])}`,
    `Presets:\n${table(presets)}`,
  ].join('\n\n');
}
