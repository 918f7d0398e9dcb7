/** Every layer: derivatives beside finite differences, configurations, files, modes, summaries, errors. */
import { describe, expect, it } from 'vitest';
import { samples } from '../src/catalogue.ts';
import { behaviourFaults } from '../src/measure/behaviour.ts';
import { configurationCell } from '../src/measure/configuration.ts';
import { derivativesCell } from '../src/measure/derivatives.ts';
import { onnxCell } from '../src/measure/onnx.ts';

describe.each(Object.entries(samples))('%s', (_name, all) => {
  it('has the derivatives of finite differences in float64', async () => {
    expect((await derivativesCell(all)).note).toBeUndefined();
  });

  it('is rebuilt from its configuration, and gives the same bits', async () => {
    expect((await configurationCell(all)).note).toBeUndefined();
  });

  it('has modes, a row in the summary, and errors that say where', async () => {
    expect(await behaviourFaults(all)).toEqual([]);
  });

  it('computes the same in onnxruntime, at sizes that are free', async () => {
    expect((await onnxCell(all)).failed).toBeUndefined();
  });
});
