/**
 * Bodies of one form: the same text but for whole numbers (where a buffer begins, how many elements there are). Such a body is written once, and the numbers are its arguments: sixty updates of parameters
 * are a handful of forms, and a compiler sees a handful of functions in place of sixty.
 */

export interface Form {
  /** Lines, in which arguments stand for what differs. */
  readonly body: readonly string[];
  /** WGSL types of the arguments, which are called given0, given1, … */
  readonly types: readonly ('i32' | 'u32')[];
  /** The bodies of this form, by their positions, with their arguments. */
  readonly members: readonly { readonly position: number; readonly given: readonly string[] }[];
}

interface Parsed {
  readonly position: number;
  /** Text between the numbers that may become arguments. */
  readonly between: readonly string[];
  readonly numbers: readonly string[];
}

/** A whole number that is no part of a name or of a fraction. */
const wholeNumber = /(?<![\w.]|\de[-+])\d+u?(?![\w.])/g;
/** What compilers do better, or do only, with a number that they know: divisions, shifts, types. */
const wantsConstant = /(?:[/%]|<<|>>|\w<[^<>;]*)\s*$/;

export function formsOf(bodies: readonly (readonly string[])[]): Form[] {
  const groups = new Map<string, Parsed[]>();
  bodies.forEach((lines, position) => {
    const parsed = parse(lines.join('\n'), position);
    const key = parsed.between.join('\0');
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [parsed]);
    else group.push(parsed);
  });
  return [...groups.values()].map(formOf);
}

function parse(text: string, position: number): Parsed {
  const between: string[] = [];
  const numbers: string[] = [];
  let begin = 0;
  for (const match of text.matchAll(wholeNumber)) {
    const [number] = match;
    const before = text.slice(Math.max(0, match.index - 40), match.index);
    const isUnsigned = number.endsWith('u');
    if (wantsConstant.test(before.slice(before.lastIndexOf('\n') + 1)) || (!isUnsigned && Number(number) >= 2 ** 31))
      continue;
    // Whether it is signed is part of the form.
    between.push(text.slice(begin, match.index) + (isUnsigned ? 'u' : 'i'));
    numbers.push(number);
    begin = match.index + number.length;
  }
  between.push(text.slice(begin));
  return { position, between, numbers };
}

function formOf(group: readonly Parsed[]): Form {
  const [first] = group as [Parsed];
  /** Arguments by their values in all members, so that what always differs alike is one. */
  const columns = new Map<string, { readonly name: string; readonly at: number }>();
  const texts = first.numbers.map((number, at) => {
    if (group.every(({ numbers }) => numbers[at] === number)) return number;
    const key = group.map(({ numbers }) => numbers[at]).join();
    const column = columns.get(key) ?? { name: `given${columns.size}`, at };
    columns.set(key, column);
    return column.name;
  });
  const text = first.between
    .map((part, i) => (i < texts.length ? part.slice(0, -1) : part) + (texts[i] ?? ''))
    .join('');
  const places = [...columns.values()].map(({ at }) => at);
  return {
    body: text.split('\n'),
    types: places.map((at) => ((first.numbers[at] ?? '').endsWith('u') ? 'u32' : 'i32')),
    members: group.map(({ position, numbers }) => ({ position, given: places.map((at) => numbers[at] ?? '0') })),
  };
}
