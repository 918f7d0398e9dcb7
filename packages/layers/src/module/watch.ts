/**
 * What of a module compiled functions watch. A recording keeps the layers, parameters and options that it met; where one of them is another
 * at a later call, the function has to be recorded anew instead of computing with the old one.
 */
import { currentRecording, guard, Tensor } from '@hebb/tensor';
import { hookChanges, type HookHolder } from './hooks.ts';
import { entriesOf, propertiesOf } from './members.ts';
import { isMember } from './walk.ts';

/** A value, and where it was found: a property of an object, an entry of a Map, an element of a Set. */
interface Place {
  readonly holder: object;
  readonly key: unknown;
  readonly value: unknown;
}

/** What a recording watches, in one guard: a call of a compiled function asks it every time. */
class Watch {
  readonly modules = new WeakSet();
  readonly #places: Place[] = [];
  readonly #hooks: { readonly holder: HookHolder; readonly now: unknown }[] = [];
  #hookChanges = hookChanges();

  /** Adds the places that are unchanged now. */
  add(places: readonly Place[], holder: HookHolder, hooks: unknown): void {
    for (let i = 0; i < places.length; i++) {
      const place = places[i] as Place;
      if (isUnchanged(place)) this.#places.push(place);
    }
    this.#hooks.push({ holder, now: hooks });
  }

  isUnchanged(): boolean {
    if (this.#hookChanges !== hookChanges()) {
      if (this.#hooks.some(({ holder, now }) => holder.now !== now)) return false;
      this.#hookChanges = hookChanges();
    }
    return this.#places.every(isUnchanged);
  }
}

const watches = new WeakMap<object, Watch>();

/**
 * Runs `forward` of a module. Inside a compiled function, a later call that finds one of these changed is recorded anew: the module's own
 * enumerable fields, as they are (`===`), the members in arrays, plain objects, Maps and Sets, and the hooks. Fields that `forward` itself
 * writes (a kept activation, a counter) are left out.
 */
export function watching<T>(module: object, hooks: HookHolder, forward: () => T): T {
  const recording = currentRecording();
  if (recording === undefined) return forward();
  let watch = watches.get(recording);
  if (watch === undefined) {
    const made = new Watch();
    watches.set(recording, made);
    guard(() => made.isUnchanged());
    watch = made;
  }
  if (watch.modules.has(module)) return forward();
  watch.modules.add(module);
  const { now } = hooks;
  const before = placesOf(module);
  const output = forward();
  watch.add(before, hooks, now);
  return output;
}

function isUnchanged({ holder, key, value }: Place): boolean {
  const now = (holder as Readonly<Record<PropertyKey, unknown>>)[key as PropertyKey];
  if (now === value || Object.is(now, value)) return true;
  if (typeof value === 'number') return false; // a field, or the extent of a container
  if (holder instanceof Map) return Object.is(holder.get(key), value);
  return holder instanceof Set && holder.has(value);
}

function placesOf(module: object): Place[] {
  const places: Place[] = [];
  const open = new Set<object>();
  /** Adds the places of the members in a container, and of what they are reached through; nothing where there are none. */
  const addMembers = (holder: object): boolean => {
    const entries = entriesOf(holder);
    if (entries === undefined || open.has(holder) || holder instanceof Tensor) return false;
    open.add(holder);
    let found = false;
    for (const [key, value] of entries) {
      if (typeof value !== 'object' || value === null) continue;
      if (!isMember(value) && !addMembers(value)) continue;
      places.push({ holder, key, value });
      found = true;
    }
    open.delete(holder);
    if (!found) return false;
    const extent = Array.isArray(holder)
      ? 'length'
      : holder instanceof Map || holder instanceof Set
        ? 'size'
        : undefined;
    if (extent !== undefined) places.push({ holder, key: extent, value: Reflect.get(holder, extent) });
    return true;
  };
  for (const [key, value] of propertiesOf(module)) {
    const property = Object.getOwnPropertyDescriptor(module, key);
    if (property === undefined || property.get !== undefined) continue;
    places.push({ holder: module, key, value });
    if (typeof value === 'object' && value !== null && !isMember(value)) addMembers(value);
  }
  return places;
}
