/** Members by their paths: finding one, and putting another in its place. */
import { ArgumentError, Tensor } from '@hebb/tensor';
import { describe, nearest, requireString, typeNameOf } from '@hebb/tensor/arguments';
import { entriesOf, propertiesOf } from './members.ts';
import type { AnyModule } from './module.ts';
import { isModule } from './known.ts';
import { isMember, walk } from './walk.ts';

interface Member {
  /** The module that holds it. */
  readonly owner: AnyModule;
  /** Its name there. */
  readonly name: string;
  readonly value: Tensor | AnyModule;
}

/** The member at a path. Throws {@link ArgumentError} where there is none. */
export function memberAt(op: string, root: AnyModule, path: string): Member {
  requireString(op, 'the path', path);
  const member = find(root, path);
  if (member === undefined) throw unknownMember(op, root, path);
  return member;
}

function find(owner: AnyModule, path: string): Member | undefined {
  for (const [name, value] of owner.members()) {
    if (name === path) return { owner, name, value };
    if (!isModule(value) || !path.startsWith(`${name}.`)) continue;
    const inner = find(value, path.slice(name.length + 1));
    if (inner !== undefined) return inner;
  }
  return undefined;
}

function unknownMember(op: string, root: AnyModule, path: string): ArgumentError {
  const names = walk(root, { again: true }).flatMap(({ path: at, parameters, buffers }) => [
    ...(at === '' ? [] : [at]),
    ...[...parameters, ...buffers].map(([name]) => name),
  ]);
  const near = nearest(path, names);
  // What there is as far as the path leads.
  const parts = path.split('.');
  let inside = '';
  for (let length = parts.length - 1; length > 0 && inside === ''; length--) {
    const start = parts.slice(0, length).join('.');
    if (names.some((name) => name.startsWith(`${start}.`))) inside = start;
  }
  const level = names
    .filter((name) => inside === '' || name.startsWith(`${inside}.`))
    .map((name) => name.slice(inside === '' ? 0 : inside.length + 1))
    .filter((name) => !name.includes('.'));
  const shown = level.length > 12 ? [...level.slice(0, 12), '…'] : level;
  return new ArgumentError(`[${op}] ${root.describe()} has no member '${path}'.`, {
    hint: `${near === undefined ? '' : `Did you mean ${near}? `}${inside === '' ? 'The model' : inside} holds ${shown.join(', ') || 'no members'}.`,
  });
}

/** Throws {@link ArgumentError} unless `value` can stand where `member` does: a module for a module, a parameter or buffer for one of these. */
export function requireReplacement(op: string, path: string, member: Member, value: unknown): void {
  if (isModule(member.value) ? isModule(value) : value instanceof Tensor && value.isVariable) return;
  const given = isModule(value) ? `the module ${value.describe()}` : describe(value);
  throw new ArgumentError(
    isModule(member.value)
      ? `[${op}] ${path} is a module, ${member.value.describe()}; it cannot be replaced by ${given}.`
      : `[${op}] ${path} is a ${member.value.requiresGrad ? 'parameter' : 'buffer'}, ${member.value}; it takes a parameter or a buffer, not ${given}.`,
    value instanceof Tensor
      ? {
          hint: 'Make one with parameter(value) or buffer(value). A new value for the one that is there: assign or loadStateDict.',
        }
      : {},
  );
}

/** Writes `value` where `owner` holds its member of that name: a field, or an entry of a container in one. */
export function replaceInFields(owner: AnyModule, name: string, value: Tensor | AnyModule): void {
  const place = placeOf(propertiesOf(owner), owner, name);
  if (place === undefined) {
    throw new ArgumentError(`[${typeNameOf(owner)}] does not say how to replace its member '${name}'.`, {
      hint: 'A class that names its members itself, by members(), also has replaceMember(name, value).',
    });
  }
  const { holder, key } = place;
  if (holder instanceof Map) holder.set(key, value);
  else if (holder instanceof Set) {
    // In the same position.
    const items = [...(holder as Set<unknown>)];
    if (holder.has(value) && items[key as number] !== value) {
      throw new ArgumentError(
        `[setMember] '${name}' of ${typeNameOf(owner)} lies in a Set, which holds the new value already.`,
        {
          hint: 'A Set holds nothing twice: use an array for members that are shared.',
        },
      );
    }
    items[key as number] = value;
    holder.clear();
    for (const item of items) holder.add(item);
  } else if (!Reflect.set(holder, key as PropertyKey, value)) {
    throw new ArgumentError(`[setMember] '${name}' of ${typeNameOf(owner)} cannot be written.`, {
      hint: 'Is it frozen with Object.freeze, or an accessor without a setter?',
    });
  }
}

/** The container and the key that hold a member. Names are unique, and keys on the way have no dots. */
function placeOf(
  entries: Iterable<readonly [unknown, unknown]>,
  holder: object,
  name: string,
): { readonly holder: object; readonly key: unknown } | undefined {
  for (const [key, value] of entries) {
    const part = String(key);
    if (part === name && isMember(value)) return { holder, key };
    if (!name.startsWith(`${part}.`) || typeof value !== 'object' || value === null || isMember(value)) continue;
    const inner = entriesOf(value);
    const place = inner && placeOf(inner, value, name.slice(part.length + 1));
    if (place !== undefined) return place;
  }
  return undefined;
}
