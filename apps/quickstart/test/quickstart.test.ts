import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseOnnx, readSafetensors } from 'hebb';
import { afterAll, describe, expect, it } from 'vitest';
import { removeFolders, translateQuickstart, temporaryFolder } from './run.ts';

afterAll(removeFolders);
const run = await translateQuickstart();

const files = ['model.onnx', 'model.safetensors', 'report.html'];

describe('the quickstart', () => {
  it('explains itself', async () => {
    const { code, stdout, stderr } = await run(['--help'], { fromSource: true });
    expect(code).toBe(0);
    expect(stderr).toBe('');
    for (const option of ['data', 'model', 'epochs', 'batch-size', 'learning-rate', 'device', 'seed', 'out', 'help'])
      expect(stdout).toContain(`--${option}`);
    expect(stdout).toMatch(/Exit codes: 0 .* 1 .* 130/);
  });

  it('trains, tests, exports, verifies and reports', async () => {
    const out = temporaryFolder();
    const { code, stdout, stderr } = await run(['--out', out]);
    expect(stderr).toBe('');
    expect(code).toBe(0);
    expect(stdout).toMatch(/1,437 images of 8×8 to train on, 360 to test on/);
    expect(stdout.match(/^epoch +\d+\/20 · loss .* · test accuracy .* examples\/s/gm)).toHaveLength(20);
    expect(stdout).toMatch(/precision +recall/);
    expect(stdout).toMatch(/label \\ predicted/);
    expect(stdout).toMatch(/✓ onnxruntime .* predicts the same class for all 360 test images/);
    const difference = Number(/Largest difference of a logit: (\S+)/.exec(stdout)?.[1]);
    expect(difference).toBeLessThan(1e-4);
    expect(stdout).toContain(`Saved in ${out}`);
    expect(readdirSync(out).sort()).toEqual(files);

    const accuracy = Number(/^accuracy ([\d.]+) %/m.exec(stdout)?.[1]);
    expect(accuracy).toBeGreaterThanOrEqual(98);

    const state = await readSafetensors(join(out, 'model.safetensors'));
    expect(state.get('0.weight')?.shape).toEqual([16, 1, 3, 3]);
    const { graph } = parseOnnx(readFileSync(join(out, 'model.onnx')));
    expect(graph?.input?.map(({ name }) => name)).toEqual(['image']);
    expect(graph?.output?.map(({ name }) => name)).toEqual(['logits']);

    const report = readFileSync(join(out, 'report.html'), 'utf8');
    expect(report).toMatch(/^<!doctype html>/);
    expect(report).not.toMatch(/<script|(?:src|href)="(?!data:)|@import|url\(/);
    for (const part of [
      'Confusion matrix',
      'Classes',
      'istake',
      'CC BY 4.0',
      'prefers-color-scheme: dark',
      'data:image/png;base64,',
      `${accuracy.toFixed(2)} %`,
    ]) {
      expect(report).toContain(part);
    }
  });

  it('gives the same weights, byte for byte, for the same seed, and others for another', async () => {
    const train = async (seed: string): Promise<Buffer> => {
      const out = temporaryFolder();
      const { code } = await run(['--epochs', '1', '--seed', seed, '--out', out]);
      expect(code).toBe(0);
      return readFileSync(join(out, 'model.safetensors'));
    };
    const [first, second, other] = await Promise.all([train('3'), train('3'), train('4')]);
    expect(first.equals(second)).toBe(true);
    expect(first.equals(other)).toBe(false);
  });

  it('trains the perceptron, and starts relative paths where the user is', async () => {
    const cwd = temporaryFolder();
    const { code, stdout } = await run(['--model', 'mlp', '--epochs', '1', '--out', 'result'], {
      env: { INIT_CWD: cwd },
    });
    expect(code).toBe(0);
    expect(stdout).toMatch(/multilayer perceptron/);
    expect(readdirSync(join(cwd, 'result')).sort()).toEqual(files);
  });

  it('ends without a word where its output is read no further', async () => {
    const out = temporaryFolder();
    const { code, stderr } = await run(['--epochs', '5000', '--out', out], {
      onOutput: (_, child) => child.stdout?.destroy(),
    });
    expect(stderr).toBe('');
    expect(code).toBe(1);
    expect(readdirSync(out)).toEqual([]);
  });

  it('stops at Ctrl-C, saves, and says where', async () => {
    const out = temporaryFolder();
    let sent = false;
    const { code, stdout } = await run(['--epochs', '5000', '--out', out], {
      onOutput: (text, child) => {
        if (sent || !text.includes('epoch    2/5000')) return;
        sent = true;
        child.kill('SIGINT');
      },
    });
    expect(code).toBe(130);
    expect(stdout).toMatch(/interrupted after \d+ epochs/);
    expect(stdout).toContain(`Interrupted; saved as far as it got in ${out}`);
    expect(readdirSync(out).sort()).toEqual(files);
    expect(readFileSync(join(out, 'report.html'), 'utf8')).toContain('The run was interrupted.');
  });

  it('ends at once at the second Ctrl-C and leaves the files as they were', async () => {
    const out = temporaryFolder();
    writeFileSync(join(out, 'model.onnx'), 'as it was');
    let sent = false;
    const { code } = await run(['--epochs', '5000', '--out', out], {
      onOutput: (text, child) => {
        if (sent || !text.includes('epoch    1/5000')) return;
        sent = true;
        child.kill('SIGINT');
        child.kill('SIGTERM'); // another signal, since two equal ones that wait count as one
      },
    });
    expect(code).toBe(130);
    expect(readdirSync(out)).toEqual(['model.onnx']);
    expect(readFileSync(join(out, 'model.onnx'), 'utf8')).toBe('as it was');
  });
});
