/** Pictures of models: what stands in them, and that it fits. */
import { Conv2d, Flatten, Linear, Module, parameter, ReLU, Sequential, summary } from '@hebb/layers';
import { ones, type Tensor } from '@hebb/tensor';
import { describe, expect, it } from 'vitest';
import { drawSummary } from '../src/index.ts';

const block = (): Module => new Sequential(new Conv2d(4, 4, 3, { padding: 1 }), new ReLU());
const model = new Sequential(
  new Conv2d(1, 4, 3, { padding: 1 }),
  block(),
  block(),
  block(),
  new Flatten(),
  new Linear(4 * 8 * 8, 10),
);
const svg = drawSummary(summary(model, ['batch', 1, 8, 8]));
/** What texts say, without tags. */
const texts = [...svg.matchAll(/<text[^>]*>([^<]*)<\/text>/g)].map(([, text]) => text);

describe('drawSummary', () => {
  it('has every layer with its shape and its parameters, and equal blocks once', () => {
    for (const text of ['Conv2d 1 → 4, 3×3', '[batch, 4, 8, 8]', '40', 'Linear 256 → 10', '[batch, 10]', '2,570'])
      expect(
        texts.some((each) => each?.startsWith(text)),
        text,
      ).toBe(true);
    expect(texts.filter((text) => text?.startsWith('Conv2d 4 → 4'))).toHaveLength(1);
    expect(texts.filter((text) => text?.startsWith('×'))).toEqual(['× 3']);
    // 40 + 3 · 148 + 2570
    expect(svg).toContain('3,054 parameters');
  });

  it('draws blocks below one another, frames around what is inside, and nothing beyond its edges', () => {
    const [, width = '', height = ''] = /viewBox="0 0 (\S+) (\S+)"/.exec(svg) ?? [];
    const boxes = [
      ...svg.matchAll(/<rect class="(frame|block|bare)" x="(\S+)" y="(\S+)" width="(\S+)" height="(\S+)"/g),
    ].map(([, kind, ...numbers]) => ({ kind, numbers: numbers.map(Number) as [number, number, number, number] }));
    // Layers 0, the frame with two, 4, 5.
    expect(boxes.map(({ kind }) => kind)).toEqual(['block', 'frame', 'block', 'bare', 'bare', 'block']);
    for (const {
      numbers: [x, y, w, h],
    } of boxes) {
      expect(Math.min(x, y)).toBeGreaterThanOrEqual(0);
      expect(x + w).toBeLessThanOrEqual(Number(width));
      expect(y + h).toBeLessThanOrEqual(Number(height));
    }
    const blocks = boxes.filter(({ kind }) => kind !== 'frame').map(({ numbers: [, y, , h] }) => [y, y + h] as const);
    blocks.slice(1).forEach(([top], i) => expect(top).toBeGreaterThan(blocks[i]?.[1] ?? NaN));
    const [, around, first] = boxes.map(({ numbers }) => numbers);
    expect(around?.[0]).toBeLessThan(first?.[0] ?? NaN);
  });

  it('gives the bar of a layer its share of the parameters', () => {
    const bars = [...svg.matchAll(/<rect class="weights"[^>]* width="(\S+)"/g)].map(([, width]) => Number(width));
    // The last has 2,570 of 3,054, in a block that is 349 wide.
    expect(bars.at(-1)).toBeCloseTo((347 * 2570) / 3054, 0);
  });

  it('escapes, knows light and dark, and cuts what does not fit', () => {
    class Odd extends Linear {
      override describe(): string {
        return `<b> & ${'very '.repeat(40)}`;
      }
    }
    const drawn = drawSummary(summary(new Odd(2, 2), ['batch', 2]));
    expect(drawn).toContain('&lt;b&gt; &amp; very');
    expect(drawn).not.toContain('<b>');
    expect(drawn).toContain('…');
    expect(drawn).toContain('prefers-color-scheme: dark');
  });

  it('says what it wants', () => {
    expect(() => drawSummary({} as never)).toThrow('summary()');
  });

  it('leads lines around blocks to where values meet, and writes what a module holds beside others', () => {
    class Residual extends Module {
      readonly scale = parameter(ones([4]));
      readonly first = new Linear(4, 8);
      readonly second = new Linear(8, 4);

      forward(x: Tensor): Tensor {
        return x.mul(this.scale).add(this.second.forward(this.first.forward(x)));
      }
    }
    const drawn = drawSummary(summary(new Sequential(new Residual(), new Linear(4, 2)), ['batch', 4]));
    expect(drawn).toMatch(/<text[^>]*>\+<\/text>/);
    expect(drawn).toContain('parameters of its own');
    // Of the sum: from the left of the frame down, to the left end of the sign.
    const [, , , way, down, end] =
      /<path class="line" d="M(\S+) (\S+)H(\S+)V(\S+)H(\S+)"/.exec(drawn)?.map(Number) ?? [];
    const [sign = ''] = drawn.match(/<rect class="meet"[^>]*>/) ?? [];
    const [, x = '', y = ''] = /x="(\S+)" y="(\S+)"/.exec(sign) ?? [];
    expect([end, down]).toEqual([Number(x), Number(y) + 9]);
    // All blocks inside lie to the right of it.
    const blocks = [...drawn.matchAll(/<rect class="block" x="(\S+)" y="(\S+)"/g)].map(([, left]) => Number(left));
    for (const left of blocks.slice(1, 3)) expect(left).toBeGreaterThan(way ?? NaN);
    // first to second, second to the sum, the frame to the last block.
    expect(drawn.match(/<path class="line" d="M\S+ \S+v10"/g)).toHaveLength(3);
  });

  it('draws a module at each of its calls, and its parameters once', () => {
    const shared = new Linear(4, 4);
    const drawn = drawSummary(summary(new Sequential(shared, new ReLU(), shared), ['batch', 4]));
    expect(drawn.match(/Linear 4 → 4/g)).toHaveLength(2);
    expect(drawn.match(/>again</g)).toHaveLength(1);
    expect(drawn.match(/class="weights"/g)).toHaveLength(1);
  });
});
