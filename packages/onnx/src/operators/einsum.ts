/** Einstein's sums. */
import { sameExtents } from '../extents.ts';
import type { Site } from '../site.ts';
import { optionsOf, type CompositeRule } from './composite-rule.ts';

/** The letters of the result written out: those that stand once, in the order of their codes, behind the axes of the ellipsis. */
function explicit(equation: string): string {
  const plain = equation.replaceAll(' ', '');
  if (plain.includes('->')) return plain;
  const letters = [...plain.replaceAll(/[^a-zA-Z]/g, '')];
  const once = letters.filter((letter) => letters.indexOf(letter) === letters.lastIndexOf(letter));
  return `${plain}->${plain.includes('...') ? '...' : ''}${once.sort((a, b) => (a < b ? -1 : 1)).join('')}`;
}

function equationOf(site: Site<'composite'>): string {
  const { equation } = optionsOf(site);
  return typeof equation === 'string' ? explicit(equation) : '';
}

/** The axes of each ellipsis, which ONNX does not broadcast. */
function isEllipsisAlike(site: Site<'composite'>): boolean {
  const terms = equationOf(site).split('->')[0]?.split(',') ?? [];
  const ellipses = terms.flatMap((term, i) => {
    const [before, after] = term.split('...');
    if (before === undefined || after === undefined) return [];
    const extents = site.inputExtents(i);
    return [extents.slice(before.length, extents.length - after.length)];
  });
  return ellipses.every((extents) => sameExtents(extents, ellipses[0] ?? []));
}

export const einsum: CompositeRule = {
  covers: (site) =>
    site.node.inputs.every(({ dtype }) => dtype === site.dtype) &&
    (site.dtype === 'float32' || site.dtype === 'int32') &&
    isEllipsisAlike(site),
  write: (site) =>
    site.emit(
      'Einsum',
      site.inputs.map((_, i) => site.full(i)),
      { attributes: { equation: equationOf(site) } },
    ),
};
