export type Status = 'passed' | 'failed' | 'pending';
export interface Outcome {
  readonly status: Status;
  /** Of the first expectation that failed. */
  readonly message: string;
}

/** What became of each spec, by its full name. */
export type Outcomes = ReadonlyMap<string, Outcome>;

/** The suite holds a few specs of the same name: the second becomes `name #2` and so on. */
export function outcomesOf(
  specs: readonly (readonly [name: string, status: Status, message: string])[],
): Outcomes {
  const seen = new Map<string, number>();
  return new Map(
    specs.map(([name, status, message]) => {
      const number = (seen.get(name) ?? 0) + 1;
      seen.set(name, number);
      return [number === 1 ? name : `${name} #${number}`, { status, message }];
    }),
  );
}

export const count = (outcomes: Outcomes, status: Status): number =>
  [...outcomes.values()].filter((outcome) => outcome.status === status).length;

/** tfjs-core runs these specs on a backend of the name `cpu` and on no other. */
const CPU_ONLY = 'Switching cpu backends ';

/** Names of the specs that pass on stock tfjs and do not on the other backend; a spec that did not run has not passed. */
export const regressions = (stock: Outcomes, other: Outcomes): string[] =>
  [...stock]
    .filter(([name, { status }]) => status === 'passed' && !name.startsWith(CPU_ONLY))
    .filter(([name]) => other.get(name)?.status !== 'passed')
    .map(([name]) => name);
