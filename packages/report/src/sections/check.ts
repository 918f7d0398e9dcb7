/** Sections that JavaScript made: what is missing is said before it is drawn. */
import type { Passage, Section } from '@hebb/evaluation';
import {
  listOf,
  requireArray,
  requireBoolean,
  requireFinite,
  requireInteger,
  requireNumber,
  requireOneOf,
  requirePlain,
  requireString,
  wrongArgument,
  type Check,
} from '@hebb/tensor/arguments';
import { ReportError } from '../errors.ts';

type Fields<K extends Section['kind']> = Readonly<Partial<Record<keyof Extract<Section, { kind: K }>, Check>>>;

const texts = listOf(requireString);
const cells = listOf((where, name, value) => {
  if (value !== undefined && typeof value !== 'number') requireString(where, name, value);
});

/** What a section of each kind must have, besides its title. */
const required: { readonly [K in Section['kind']]: Fields<K> } = {
  figures: { figures: listOf(objectWith({ name: requireString, value: requireCell, target: requireTarget })) },
  text: { text: requireString },
  table: { columns: listOf(objectWith({ title: requireString })), rows: listOf(cells) },
  chart: {
    series: listOf(objectWith({ name: requireString, points: listOf(requirePoint) })),
    x: objectWith({ label: requireString }),
    y: objectWith({ label: requireString }),
  },
  matrix: {
    counts: listOf(listOf(requireNumber)),
    rowLabel: requireString,
    columnLabel: requireString,
    rowNames: texts,
    columnNames: texts,
  },
  heatmap: {
    values: listOf(listOf(requireNumber)),
    rowLabel: requireString,
    columnLabel: requireString,
    rowNames: texts,
    columnNames: texts,
  },
  passage: { passages: listOf(objectWith({ tokens: texts, weights: listOf(requireNumber) })) },
  melody: { melodies: listOf(requireMelody) },
  pictures: {
    pictures: listOf(objectWith({ example: requireNumber, caption: listOf(objectWith({ value: requireString })) })),
  },
};

const kinds = Object.keys(required) as Section['kind'][];

/** @throws ArgumentError for what is no section; ReportError for names that are not as many as rows and columns, and weights that are not as many as tokens */
export function requireSection(where: string, name: string, value: unknown): void {
  requirePlain(where, name, value);
  const { kind, title } = value;
  requireOneOf(where, `${name}.kind`, kind, kinds);
  requireString(where, `${name}.title`, title);
  objectWith(required[kind])(where, name, value);
  const section = value as unknown as Section;
  if (section.kind === 'matrix') requireNames(where, name, section.counts, section, 'counts');
  if (section.kind === 'heatmap') requireNames(where, name, section.values, section, 'values');
  if (section.kind === 'pictures' && section.columns !== undefined)
    requireInteger(where, `${name}.columns`, section.columns, 1);
  if (section.kind === 'passage') requireWeights(where, name, section.passages);
}

function requireNames(
  where: string,
  name: string,
  rows: readonly (readonly number[])[],
  { rowNames, columnNames }: { readonly rowNames: readonly string[]; readonly columnNames: readonly string[] },
  what: string,
): void {
  if (rows.length === rowNames.length && rows.every((row) => row.length === columnNames.length)) return;
  const widths = [...new Set(rows.map((row) => row.length))].join(' or ');
  throw new ReportError(
    `[${where}] ${name} has ${rowNames.length} rowNames and ${columnNames.length} columnNames for ${rows.length} rows of ${widths} ${what}.`,
  );
}

function requireWeights(where: string, name: string, passages: readonly Passage[]): void {
  passages.forEach(({ tokens, weights }, i) => {
    if (tokens.length === weights.length) return;
    throw new ReportError(
      `[${where}] ${name}.passages[${i}] has ${weights.length} weights for ${tokens.length} tokens.`,
    );
  });
}

function objectWith(fields: Readonly<Partial<Record<string, Check>>>): Check {
  return (where, name, value) => {
    requirePlain(where, name, value);
    for (const [field, check] of Object.entries(fields))
      check?.(where, `${name}.${field}`, (value as Record<string, unknown>)[field]);
  };
}

function requireMelody(where: string, name: string, value: unknown): void {
  objectWith({ name: requireString, notes: listOf(requireNote) })(where, name, value);
  const { accompaniment, bars, notation } = value as Readonly<Record<string, unknown>>;
  if (accompaniment !== undefined) listOf(requireNote)(where, `${name}.accompaniment`, accompaniment);
  if (bars !== undefined) listOf(requireFinite)(where, `${name}.bars`, bars);
  if (notation !== undefined) requireString(where, `${name}.notation`, notation);
}

/** Of an infinite one nothing could be drawn, and a browser throws where it should sound. */
function requireNote(where: string, name: string, value: unknown): void {
  requireArray(where, name, value);
  ['pitch', 'start', 'duration'].forEach((part, i) => {
    requireFinite(where, `${name}'s ${part}`, value[i]);
    if (i > 0 && value[i] < 0) throw wrongArgument(where, `${name}'s ${part}`, 'seconds ≥ 0', value[i]);
  });
}

function requireCell(where: string, name: string, value: unknown): void {
  if (typeof value !== 'number') requireString(where, name, value);
}

function requireTarget(where: string, name: string, value: unknown): void {
  if (value !== undefined) objectWith({ text: requireString, isMet: requireBoolean })(where, name, value);
}

function requirePoint(where: string, name: string, value: unknown): void {
  requireArray(where, name, value);
  requireNumber(where, `${name}[0]`, value[0]);
  requireNumber(where, `${name}[1]`, value[1]);
}
