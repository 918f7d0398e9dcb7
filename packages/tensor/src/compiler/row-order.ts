/** An order in which groups that can go row by row with one before them follow it at once, so that `rows.ts` finds them side by side. */
import type { Attributes } from '../graph/attributes.ts';
import type { Program } from '../graph/program.ts';
import type { Group } from './groups.ts';

/** What a group runs over: rows where it reduces along the last axes; otherwise elements alone. */
interface Space {
  readonly rows: number | undefined;
  readonly size: number;
}

/** A run of groups over the same rows, or a single one. */
interface Slot {
  readonly groups: Group[];
  space: Space | undefined;
}

/** Slots that a group is moved past at most: what it leaves in memory stays there for longer. */
const farthest = 4;

function spaceOf({ nodes }: Program, { anchors, stored }: Group): Space | undefined {
  const [anchor] = anchors;
  if (anchor === undefined) return { rows: undefined, size: nodes[stored[0] ?? -1]?.type.size ?? 0 };
  const node = nodes[anchor];
  const input = nodes[node?.inputs[0] ?? -1]?.type;
  if (node === undefined || input === undefined) return undefined;
  if (!['sum', 'prod', 'max', 'min', 'argmax'].includes(node.op)) return undefined;
  const { axes, axis } = node.attributes as Partial<Attributes['sum'] & Attributes['argmax']>;
  const reduced = axes ?? [axis ?? 0];
  const first = input.shape.length - reduced.length;
  return reduced.every((each) => each >= first) ? { rows: node.type.size, size: input.size } : undefined;
}

/** The space of both, where the second may go on with the rows of the first. */
function joined(slot: Space | undefined, next: Space | undefined): Space | undefined {
  if (slot === undefined || next === undefined) return undefined;
  const rows = slot.rows ?? next.rows;
  if (rows === undefined || (next.rows ?? rows) !== rows) return undefined;
  return slot.size % rows === 0 && next.size % rows === 0 ? { rows, size: slot.size } : undefined;
}

export function rowsTogether(
  program: Program,
  order: readonly Group[],
  before: ReadonlyMap<Group, ReadonlySet<Group>>,
): readonly Group[] {
  const slots: Slot[] = [];
  const slotOf = new Map<Group, number>();
  for (const group of order) {
    const last = Math.max(-1, ...[...(before.get(group) ?? [])].map((other) => slotOf.get(other) ?? -1));
    const slot = slots[last];
    const own = spaceOf(program, group);
    const space = slot?.groups.some((other) => group.reads.has(other)) === true ? joined(slot.space, own) : undefined;
    if (slot === undefined || space === undefined || slots.length - last > farthest) {
      slotOf.set(group, slots.push({ groups: [group], space: own }) - 1);
      continue;
    }
    slot.groups.push(group);
    slot.space = space;
    slotOf.set(group, last);
  }
  return slots.flatMap(({ groups }) => groups);
}
