/** The hooks of a module, as a list that is replaced when one is added or removed, so that compiled functions see it by one comparison. */
import type { AnyModule } from './module.ts';

export interface Hooks {
  readonly before: readonly { readonly hook: (module: AnyModule, inputs: unknown[]) => unknown }[];
  readonly after: readonly { readonly hook: (module: AnyModule, inputs: unknown[], output: unknown) => unknown }[];
}

const none: Hooks = { before: [], after: [] };

let changes = 0;

/** How often hooks of any module have changed. Where it is what it was, all are as they were. */
export function hookChanges(): number {
  return changes;
}

/** Holds the hooks of a module. */
export class HookHolder {
  #now = none;

  get now(): Hooks {
    return this.#now;
  }

  /** Adds a hook; the result removes it. */
  add<K extends keyof Hooks>(when: K, entry: Hooks[K][number]): () => void {
    this.#set(when, [...this.#now[when], entry]);
    return () => {
      this.#set(
        when,
        this.#now[when].filter((other) => other !== entry),
      );
    };
  }

  #set(when: keyof Hooks, list: Hooks[typeof when]): void {
    changes++;
    this.#now = { ...this.#now, [when]: list };
  }
}
