/** Images at another resolution, and read at places that are computed. */
import type { OperatorAttributes } from '../builder.ts';
import { first, isStatic } from '../extents.ts';
import type { Site } from '../site.ts';
import { listOf, optionsOf, type CompositeRule } from './composite-rule.ts';

/** How onnxruntime computes where a pixel comes from, and what it makes of it. */
const resizing: Readonly<Record<string, OperatorAttributes>> = {
  nearest: { mode: 'nearest', coordinate_transformation_mode: 'asymmetric', nearest_mode: 'floor' },
  'nearest-exact': { mode: 'nearest', coordinate_transformation_mode: 'half_pixel', nearest_mode: 'round_prefer_ceil' },
  linear: { mode: 'linear' },
  bilinear: { mode: 'linear' },
  trilinear: { mode: 'linear' },
  bicubic: { mode: 'cubic', cubic_coeff_a: { float: -0.75 } },
};

function modeOf(site: Site<'composite'>): string {
  const { mode } = optionsOf(site);
  return typeof mode === 'string' ? mode : '';
}

/** The nearest pixel is another one where a quotient of sizes is rounded; onnxruntime computes it in float32. */
function isExact(site: Site<'composite'>): boolean {
  const options = optionsOf(site);
  const isFloat = (factor: number): boolean => Math.fround(factor) === factor;
  const factors = listOf(options, 'factors');
  if (factors.length > 0) return factors.every(isFloat);
  return listOf(options, 'sizes').every((size, axis) => {
    const extent = site.inputExtents(0)[axis + 2] ?? [];
    return isStatic(extent) && isFloat(size / first(extent));
  });
}

export const resize: CompositeRule = {
  covers: (site) =>
    site.node.inputs[0]?.dtype === 'float32' &&
    Object.hasOwn(resizing, modeOf(site)) &&
    (!modeOf(site).startsWith('nearest') || isExact(site)) &&
    site.extents.every((extent) => extent.every((n) => n > 0)),
  write: (site) => {
    const options = optionsOf(site);
    const mode = modeOf(site);
    const corners = options['alignCorners'] === true ? 'align_corners' : 'half_pixel';
    const attributes = { coordinate_transformation_mode: corners, ...resizing[mode] };
    const x = site.full(0);
    const factors = listOf(options, 'factors');
    const sizes = listOf(options, 'sizes');
    const { builder } = site.emitter;
    if (factors.length > 0) {
      const scales = builder.constant('float32', [factors.length + 2], [1, 1, ...factors]);
      return site.emit('Resize', [x, '', scales], { attributes });
    }
    const parts = [...x.extents.slice(0, 2).map((extent) => site.extentVector('shape', extent)), ...sizes];
    const shape = site.emitter.vectorOf(parts, site.name('Resize/sizes'));
    return site.emit('Resize', [x, '', '', shape], { attributes });
  },
};

/** The names that modes have, from opset 20 on and before. */
const sampling: Readonly<Record<string, readonly [now: string, before: string]>> = {
  bilinear: ['linear', 'bilinear'],
  nearest: ['nearest', 'nearest'],
  bicubic: ['cubic', 'bicubic'],
};

export const gridSample: CompositeRule = {
  covers: (site) =>
    site.node.inputs.every(({ dtype }) => dtype === 'float32') &&
    (site.extents.length === 4 || site.emitter.opset >= 20) &&
    site.extents.every((extent) => extent.every((n) => n > 0)),
  write: (site) => {
    const options = optionsOf(site);
    const [now = '', before = ''] = sampling[modeOf(site)] ?? [];
    return site.emit('GridSample', [site.full(0), site.full(1)], {
      attributes: {
        mode: site.emitter.opset >= 20 ? now : before,
        padding_mode: String(options['paddingMode']),
        align_corners: options['alignCorners'] === true ? 1 : 0,
      },
    });
  },
};
