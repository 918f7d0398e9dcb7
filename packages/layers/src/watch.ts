/**
 * What of a module compiled functions watch. A recording keeps the layers, parameters and options that it met; where one of them is another
 * at a later call, the function has to be recorded anew instead of computing with the old one.
 */
import { currentRecording, guard, Tensor } from '@hebb/tensor';
import { entriesOf, propertiesOf } from './members.ts';
import { isMember } from './walk.ts';

/** A value, and where it was found: a property of an object, an entry of a Map, an element of a Set. */
interface Place {
  readonly holder: object;
  readonly key: unknown;
  readonly value: unknown;
}

/** The modules that each recording watches already. */
const watched = new WeakMap<object, WeakSet<object>>();

/**
 * Runs `forward` of a module. Inside a compiled function, a later call that finds one of these changed is recorded anew: the module's own
 * enumerable fields, as they are (`===`), and the members in arrays, plain objects, Maps and Sets; or that finds it not the `same` otherwise.
 * Fields that `forward` itself writes (a kept activation, a counter) are left out.
 */
export function watching<T>(module: object, same: () => boolean, forward: () => T): T {
  const recording = currentRecording();
  if (recording === undefined) return forward();
  const modules = watched.get(recording) ?? new WeakSet();
  watched.set(recording, modules);
  if (modules.has(module)) return forward();
  modules.add(module);
  const before = placesOf(module);
  const output = forward();
  const places = before.filter(isUnchanged);
  guard(() => same() && places.every(isUnchanged));
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
