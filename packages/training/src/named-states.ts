/** Several states as one part of a checkpoint, each under its name. */
import type { Stateful } from '@hebb/tensor';
import type { Callback } from './callback.ts';
import { isStateful } from './parts.ts';

/** All callbacks that have a state, under their names or else positions; undefined where none has. */
export function callbackStates(callbacks: readonly Callback[]): Stateful | undefined {
  const named = new Map<string, Stateful>();
  callbacks.forEach((callback, position) => {
    if (!isStateful(callback)) return;
    const name = callback.name ?? String(position);
    let key = name;
    for (let again = 2; named.has(key); again++) key = `${name}${again}`;
    named.set(key, callback);
  });
  return namedStates('callback', named);
}

/** These as one; undefined where there are none. `what` says what they are. */
export function namedStates(what: string, named: Iterable<readonly [string, Stateful]>): Stateful | undefined {
  const parts = new Map(named);
  return parts.size === 0 ? undefined : new NamedStates(what, parts);
}

export class NamedStates implements Stateful {
  readonly members: ReadonlyMap<string, Stateful>;
  readonly #what: string;

  constructor(what: string, members: ReadonlyMap<string, Stateful>) {
    this.#what = what;
    this.members = members;
  }

  stateDict(): Record<string, unknown> {
    return Object.fromEntries([...this.members].map(([name, part]) => [name, part.stateDict()]));
  }

  /** Names that only this, or only the state has. */
  nameDifferences(state: Readonly<Record<string, unknown>>): readonly string[] {
    const missing = [...this.members.keys()].filter((name) => !Object.hasOwn(state, name));
    const unexpected = Object.keys(state).filter((name) => !this.members.has(name));
    return [
      ...missing.map((name) => `the ${this.#what} ${name} has no state there`),
      ...unexpected.map((name) => `there is the state of a ${this.#what} ${name}, which this run has not`),
    ];
  }

  differences(state: Readonly<Record<string, unknown>>): readonly string[] {
    const present = [...this.members].filter(([name]) => Object.hasOwn(state, name));
    const differences = present.flatMap(([name, part]) =>
      (part.differences?.(state[name] as never) ?? []).map((reason) => `${name}: ${reason}`),
    );
    return [...this.nameDifferences(state), ...differences];
  }

  loadStateDict(state: Readonly<Record<string, unknown>>): void {
    for (const [name, part] of this.members) part.loadStateDict(state[name] as never);
  }
}
