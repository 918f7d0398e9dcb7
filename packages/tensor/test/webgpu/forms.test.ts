/** Bodies of shaders that differ in whole numbers alone. No device is needed. */
import { describe, expect, it } from 'vitest';
import { formsOf } from '../../src/webgpu/wgsl/forms.ts';

describe('formsOf', () => {
  it('makes arguments of what differs, one of what always differs alike', () => {
    const body = (size: number, base: number): string[] => [
      `if (flat >= ${size}) { return; }`,
      `let v1 = b0[flat + ${base}];`,
      `b0[flat + ${base}] = v1 * 2f;`,
    ];
    expect(formsOf([body(48, 0), body(8, 64), body(48, 128)])).toEqual([
      {
        body: ['if (flat >= given0) { return; }', 'let v1 = b0[flat + given1];', 'b0[flat + given1] = v1 * 2f;'],
        types: ['i32', 'i32'],
        members: [
          { position: 0, given: ['48', '0'] },
          { position: 1, given: ['8', '64'] },
          { position: 2, given: ['48', '128'] },
        ],
      },
    ]);
  });

  it('tells signed numbers from unsigned ones, and leaves fractions, names, divisors, shifts and types alone', () => {
    const forms = formsOf([
      ['let v1 = min(u32(x2), 7u);', 'let y = 1.5f * 1e-8f + 3f;'],
      ['let v1 = min(u32(x2), 9u);', 'let y = 1.5f * 1e-8f + 3f;'],
      ['let v1 = min(u32(x2), 9);', 'let y = 1.5f * 1e-8f + 3f;'],
      ['let v1 = min(u32(x2), 9u);', 'let y = 1.5f * 1e-7f + 3f;'],
      ['let q = u32(flat) / 6u;'],
      ['let q = u32(flat) / 8u;'],
      ['let q = bits >> 13u;'],
      ['let q = bits >> 12u;'],
      ['var s: array<f32, 4>;'],
      ['var s: array<f32, 8>;'],
    ]);
    expect(forms.map(({ members }) => members.map(({ position }) => position))).toEqual([
      [0, 1],
      [2],
      [3],
      [4],
      [5],
      [6],
      [7],
      [8],
      [9],
    ]);
    expect(forms[0]).toMatchObject({
      body: ['let v1 = min(u32(x2), given0);', 'let y = 1.5f * 1e-8f + 3f;'],
      types: ['u32'],
    });
    // One alone stays as it is.
    expect(forms[1]).toMatchObject({ body: ['let v1 = min(u32(x2), 9);', 'let y = 1.5f * 1e-8f + 3f;'], types: [] });
  });
});
