/**
 * V8's flags: set only where somebody asks for them, and with the results of the plain build.
 *
 * @module-tag alone: it loads the runtime anew, and starts processes.
 */
import { spawnSync } from 'node:child_process';
import { afterEach, describe, expect, test, vi } from 'vitest';
import type * as Hebb from '../../src/index.ts';
import { hasRelaxedSimd } from '../../src/wasm/backend.ts';

/** Flags are for good, so that each is set in a process of its own: the description of its device, and the bits of what it computes. */
function inProcess(
  choose: string,
  env: NodeJS.ProcessEnv = {},
  computing = true,
): { readonly device: string; readonly results: Record<string, number[]> } {
  const source = new URL('../../src/index.ts', import.meta.url).href;
  const script = `
    import { compile, conv2d, device, gelu, layerNorm, manualSeed, randn, setDevice } from ${JSON.stringify(source)};
    ${choose};
    const answer = { device: await device.ready(), results: {} };
    if (${computing}) {
      manualSeed(3);
      const given = [randn([301, 517]), randn([517, 259]), randn([4, 16, 21, 19]), randn([24, 16, 3, 3])];
      const compute = compile((a, b, x, w) => ({
        product: a.matmul(b),
        convolution: conv2d(x, w, { padding: 1 }),
        rows: layerNorm(gelu(a), [517], {}).softmax(-1),
        sums: a.mul(a).sum(0),
      }));
      // The engine begins with slow code: what is read last comes from the fast one.
      for (let run = 0; run < 60; run++) await compute(...given).sums.data();
      for (const [name, tensor] of Object.entries(compute(...given))) answer.results[name] = [...(await tensor.data())];
    }
    console.log(JSON.stringify(answer));
  `;
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ['--import', import.meta.resolve('tsx'), '--input-type=module', '--eval', script],
    { encoding: 'utf8', timeout: 120_000, maxBuffer: 2 ** 26, env: { ...process.env, HEBB_V8_FLAGS: '', ...env } },
  );
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  return JSON.parse(stdout) as ReturnType<typeof inProcess>;
}

const [major = 0] = process.versions.v8.split('.').map(Number);
const flag =
  major === 11 ? '--experimental-wasm-relaxed-simd' : process.arch === 'x64' && major < 14 ? '--experimental-wasm-revectorize' : undefined; // prettier-ignore

// Processes that load everything anew take seconds, on a busy machine many.
describe.runIf(flag !== undefined)('a process that has asked for them', { timeout: 240_000 }, () => {
  test('computes what one without them does', () => {
    const plain = inProcess("setDevice('wasm', { v8Flags: false })", { HEBB_V8_FLAGS: '1' });
    expect(plain.device).not.toMatch(/--/);
    const flagged = inProcess("setDevice('wasm', { v8Flags: true })");
    expect(flagged.device).toBe(`WebAssembly with relaxed SIMD and V8's ${flag}, one thread`);
    for (const [name, values] of Object.entries(plain.results)) {
      const others = flagged.results[name] ?? [];
      expect(others.length).toBe(values.length);
      // Pairs of vectors do what each does. Relaxed SIMD rounds once where there were two roundings, so that sums of 517 products differ by some of their last bits.
      if (hasRelaxedSimd()) expect(others, name).toEqual(values);
      const error = values.reduce((most, value, i) => Math.max(most, Math.abs(value - (others[i] ?? NaN))), 0);
      const size = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
      expect(error / size, name).toBeLessThan(1e-6);
    }
  });

  test.each(['1', 'auto'])('may ask by its environment: HEBB_V8_FLAGS=%s', (value) => {
    expect(inProcess("setDevice('wasm')", { HEBB_V8_FLAGS: value }, false).device).toContain(flag);
  });
});

describe('errors', () => {
  afterEach(() => {
    vi.unstubAllEnvs();
    vi.unstubAllGlobals();
  });

  async function fresh(): Promise<typeof Hebb> {
    vi.resetModules();
    return await import('../../src/index.ts');
  }

  /** What setDevice throws where the process is another. */
  async function thrownIn(stubbed: unknown): Promise<unknown> {
    const { setDevice } = await fresh();
    vi.stubGlobal('process', stubbed);
    try {
      setDevice('wasm', { v8Flags: true });
    } catch (error) {
      return error;
    } finally {
      vi.unstubAllGlobals();
    }
    return undefined;
  }

  test('in a browser, and where no flags are known', async () => {
    expect(String(await thrownIn(undefined))).toMatch(
      /DeviceError: \[setDevice\] only Node can set V8's flags\.\n {2}hint: Leave it out/,
    );
    const getBuiltinModule = (id: string): unknown => process.getBuiltinModule(id);
    const other = { getBuiltinModule, arch: 'riscv64', versions: { node: '99.0.0', v8: '99.1.2' } };
    expect(String(await thrownIn(other))).toMatch(/no flags are known for V8 99\.1\.2 on riscv64\./);
  });

  test('of options and of the environment', async () => {
    const { device, DeviceError, setDevice } = await fresh();
    expect(() => setDevice('wasm', { v8Flags: 1 } as unknown as Hebb.DeviceOptions)).toThrow(/v8Flags must be/);
    expect(() => setDevice('reference', { v8Flags: true })).toThrow("[setDevice] the device 'reference' has no v8Flags to choose."); // prettier-ignore
    vi.stubEnv('HEBB_V8_FLAGS', 'yes');
    setDevice('wasm');
    await expect(device.ready()).rejects.toThrow(DeviceError);
    await expect(device.ready()).rejects.toThrow("[HEBB_V8_FLAGS] 1, 0 or auto is expected, not 'yes'.");
  });

  test.runIf(flag !== undefined)('after the device has started without', async () => {
    const { device, setDevice } = await fresh();
    setDevice('wasm');
    await device.ready();
    setDevice('wasm', { v8Flags: false });
    expect(() => setDevice('wasm', { v8Flags: true })).toThrow(
      /has started without V8's flags\.\n {2}hint: .*HEBB_V8_FLAGS=1/,
    );
    expect(await device.ready()).not.toMatch(/--/);
  });
});
