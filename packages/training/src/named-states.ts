/** Several states as one part of a checkpoint, each under its name. */
import type { State, Stateful } from '@hebb/tensor';
import { isPlain, ownTypeNameOf } from '@hebb/tensor/arguments';
import type { Callback } from './callback.ts';
import { isStateful } from './parts.ts';

/** All callbacks that have a state, under their names, or those of their classes, or else positions; undefined where none has. */
export function callbackStates(callbacks: readonly Callback[]): Stateful | undefined {
  const named = new Map<string, Stateful>();
  callbacks.forEach((callback, position) => {
    if (!isStateful(callback)) return;
    const name = callback.name ?? ownTypeNameOf(callback) ?? String(position);
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

/** What such a part is made of; nothing where it is another one, or none. */
export function membersOf(part: Stateful | undefined): ReadonlyMap<string, Stateful> {
  return part instanceof NamedStates ? part.members : new Map<string, Stateful>();
}

type NamedState = Readonly<Record<string, State>>;

export class NamedStates implements Stateful<NamedState> {
  readonly members: ReadonlyMap<string, Stateful>;
  readonly #what: string;

  constructor(what: string, members: ReadonlyMap<string, Stateful>) {
    this.#what = what;
    this.members = members;
  }

  stateDict(): NamedState {
    return Object.fromEntries([...this.members].map(([name, part]) => [name, part.stateDict()]));
  }

  /** Names that only this, or only the state has. */
  nameDifferences(given: unknown): readonly string[] {
    const state = stateOf(given);
    const missing = [...this.members.keys()].filter((name) => !Object.hasOwn(state, name));
    const unexpected = Object.keys(state).filter((name) => !this.members.has(name));
    return [
      ...missing.map((name) => `the ${this.#what} ${name} has no state there`),
      ...unexpected.map((name) => `there is the state of a ${this.#what} ${name}, which this run has not`),
    ];
  }

  differences(given: unknown): readonly string[] {
    const state = stateOf(given);
    const present = [...this.members].filter(([name]) => Object.hasOwn(state, name));
    const differences = present.flatMap(([name, part]) =>
      (part.differences?.(state[name]) ?? []).map((reason) => `${name}: ${reason}`),
    );
    return [...this.nameDifferences(given), ...differences];
  }

  async loadStateDict(state: NamedState): Promise<void> {
    for (const [name, part] of this.members) await part.loadStateDict(state[name]);
  }
}

function stateOf(given: unknown): Readonly<Record<string, unknown>> {
  return isPlain(given) ? (given as Readonly<Record<string, unknown>>) : {};
}
