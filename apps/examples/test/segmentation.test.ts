/** Scenes: what is drawn where. */
import { ArrayDataset, type ImageFields } from 'hebb';
import { describe, expect, it } from 'vitest';
import { classNames, drawScenes } from '../segmentation/scenes.ts';

/** Images without anything in them, or bright all over. */
const images = (value: number, size = 28): ArrayDataset<ImageFields> =>
  new ArrayDataset<ImageFields>({
    x: { data: new Float32Array(2 * size * size).fill(value), shape: [1, size, size] },
    y: { data: Int32Array.of(0, 1), shape: [] },
  });
const pixels = 32 * 32;

describe('scenes', () => {
  const scenes = drawScenes(images(0), 300, 1);
  const x = scenes.field('x').data;
  const y = scenes.field('y').data;

  it('are 32 × 32, of MNIST as of digits of 8 × 8', () => {
    expect(scenes.field('x').shape).toEqual([300, 1, 32, 32]);
    expect(scenes.field('y').shape).toEqual([300, 32, 32]);
    expect(drawScenes(images(0, 8), 3, 1).field('x').shape).toEqual([3, 1, 32, 32]);
  });

  it('have dark backgrounds and brighter shapes, the noise aside', () => {
    const range = (isBackground: boolean): readonly [low: number, high: number] => {
      let [low, high] = [Infinity, -Infinity];
      y.forEach((kind, p) => {
        if ((kind === 0) !== isBackground) return;
        low = Math.min(low, x[p] ?? NaN);
        high = Math.max(high, x[p] ?? NaN);
      });
      return [low, high];
    };
    const [background, shapes] = [range(true), range(false)];
    expect(background[0]).toBeGreaterThanOrEqual(-0.05 - 1e-6);
    expect(background[1]).toBeLessThanOrEqual(0.05 + 1e-6);
    expect(shapes[0]).toBeGreaterThanOrEqual(0.25 - 1e-6);
    expect(shapes[1]).toBeLessThanOrEqual(1.05 + 1e-6);
  });

  it('have shapes as large as circles of their radius make them: a disc π, a square 2, a triangle ¾ √3 of its square', () => {
    // Scenes with a single shape of one kind: pixels, and half the largest distance between two of them, less the half pixel at either end.
    const ratios = new Map<number, number[]>();
    for (let scene = 0; scene < 300; scene++) {
      const places: [number, number][] = [];
      const kinds = new Set<number>();
      for (let p = 0; p < pixels; p++) {
        const kind = y[scene * pixels + p] ?? 0;
        if (kind === 0) continue;
        kinds.add(kind);
        places.push([p % 32, Math.floor(p / 32)]);
      }
      const [kind] = kinds;
      if (kinds.size !== 1 || kind === undefined) continue;
      let widest = 0;
      for (const [a, b] of places) for (const [c, d] of places) widest = Math.max(widest, Math.hypot(a - c, b - d));
      // Two shapes are further apart than one is wide.
      if (widest > 2 * 0.3 * 32) continue;
      ratios.set(kind, [...(ratios.get(kind) ?? []), places.length / ((widest + 0.5) / 2) ** 2]);
    }
    const mean = (values: readonly number[] = []): number => values.reduce((a, b) => a + b, 0) / values.length;
    expect([...ratios.keys()].sort((a, b) => a - b).map((kind) => classNames[kind])).toEqual([
      'disc',
      'square',
      'triangle',
    ]);
    expect(mean(ratios.get(2))).toBeCloseTo(Math.PI, 0);
    expect(mean(ratios.get(3))).toBeCloseTo(2, 0);
    // Its widest is a side, √3 times the radius.
    expect(mean(ratios.get(4))).toBeCloseTo(Math.sqrt(3), 0);
  });

  it('have the digit below the shapes', () => {
    const full = drawScenes(images(1), 20, 1).field('y').data;
    const counts = new Int32Array(classNames.length);
    for (const kind of full) counts[kind] = (counts[kind] ?? 0) + 1;
    // 28 × 28 of a scene are digit, less what shapes cover, which lie nowhere else than in the scene.
    expect(counts[0]).toBeLessThanOrEqual(20 * (pixels - 28 * 28));
    expect(counts[1]).toBeGreaterThan(20 * 200);
    expect((counts[2] ?? 0) + (counts[3] ?? 0) + (counts[4] ?? 0)).toBeGreaterThan(20 * 50);
  });

  it('are those of their seed', () => {
    const again = drawScenes(images(0), 300, 1);
    expect(again.field('y').data.every((kind, p) => kind === y[p])).toBe(true);
    expect(
      drawScenes(images(0), 300, 2)
        .field('y')
        .data.every((kind, p) => kind === y[p]),
    ).toBe(false);
  });
});
