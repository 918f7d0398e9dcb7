/** Sections that JavaScript made: what is missing is said before it is drawn. */
import type { Section } from '@hebb/evaluation';
import {
  listOf,
  requireArray,
  requireNumber,
  requireOneOf,
  requirePlain,
  requireString,
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
  figures: { figures: listOf(objectWith({ name: requireString, value: requireCell })) },
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
  pictures: {
    pictures: listOf(objectWith({ example: requireNumber, caption: listOf(objectWith({ value: requireString })) })),
  },
};

const kinds = Object.keys(required) as Section['kind'][];

/** @throws ArgumentError for what is no section; ReportError for a matrix whose names are not as many as its rows and columns */
export function requireSection(where: string, name: string, value: unknown): void {
  requirePlain(where, name, value);
  const { kind, title } = value;
  requireOneOf(where, `${name}.kind`, kind, kinds);
  requireString(where, `${name}.title`, title);
  objectWith(required[kind])(where, name, value);
  if (kind === 'matrix') requireMatrix(where, name, value as unknown as Extract<Section, { kind: 'matrix' }>);
}

function requireMatrix(
  where: string,
  name: string,
  { counts, rowNames, columnNames }: Extract<Section, { kind: 'matrix' }>,
): void {
  if (counts.length === rowNames.length && counts.every((row) => row.length === columnNames.length)) return;
  const widths = [...new Set(counts.map((row) => row.length))].join(' or ');
  throw new ReportError(
    `[${where}] ${name} has ${rowNames.length} rowNames and ${columnNames.length} columnNames for ${counts.length} rows of ${widths} counts.`,
  );
}

function objectWith(fields: Readonly<Partial<Record<string, Check>>>): Check {
  return (where, name, value) => {
    requirePlain(where, name, value);
    for (const [field, check] of Object.entries(fields))
      check?.(where, `${name}.${field}`, (value as Record<string, unknown>)[field]);
  };
}

function requireCell(where: string, name: string, value: unknown): void {
  if (typeof value !== 'number') requireString(where, name, value);
}

function requirePoint(where: string, name: string, value: unknown): void {
  requireArray(where, name, value);
  requireNumber(where, `${name}[0]`, value[0]);
  requireNumber(where, `${name}[1]`, value[1]);
}
