/** Flags of V8 that make WebAssembly faster, are off by default, and can be set while a process runs. They are the whole process's, so nobody sets them unasked. */
import { DeviceError } from '../graph/errors.ts';

interface NodeProcess {
  readonly arch?: string;
  readonly versions?: { readonly node?: string; readonly v8?: string };
  readonly getBuiltinModule?: (name: 'node:v8') => { setFlagsFromString(flag: string): void };
}

/** What HEBB_V8_FLAGS asks for: 1, 0, or `auto`, the flags where there are any. @throws {@link DeviceError} for anything else, and where there are none for 1 */
export function flagsOfEnvironment(wanted: string): readonly string[] {
  if (wanted === '1') return flagsOfV8('HEBB_V8_FLAGS');
  if (wanted === 'auto') return flagsHere();
  if (wanted === '0') return [];
  throw new DeviceError(`[HEBB_V8_FLAGS] 1, 0 or auto is expected, not '${wanted}'.`);
}

/** The flags for this process. @throws {@link DeviceError} where there are none */
export function flagsOfV8(origin: string): readonly string[] {
  const flags = flagsHere();
  if (flags.length > 0) return flags;
  const { node, v8 } = nodeProcess()?.versions ?? {};
  const reason =
    node === undefined ? "only Node can set V8's flags" : `no flags are known for V8 ${v8} on ${nodeProcess()?.arch}`;
  throw new DeviceError(`[${origin}] ${reason}.`, {
    hint: 'Leave it out: everything works without.',
  });
}

/** By versions in which they are known: V8 itself cannot be asked, and prints an error for others. */
function flagsHere(): readonly string[] {
  const { versions, arch, getBuiltinModule } = nodeProcess() ?? {};
  const version =
    versions?.node === undefined || getBuiltinModule === undefined ? 0 : Number.parseInt(versions.v8 ?? '');
  // Multiplication and addition in one instruction; from V8 12 on without a flag.
  if (version === 11) return ['--experimental-wasm-relaxed-simd'];
  // Pairs of vectors become one of AVX.
  return arch === 'x64' && (version === 12 || version === 13) ? ['--experimental-wasm-revectorize'] : [];
}

function nodeProcess(): NodeProcess | undefined {
  return (globalThis as { process?: NodeProcess }).process;
}

/** Sets the flags, for modules that are compiled from now on. */
export function setFlagsOfV8(flags: readonly string[]): void {
  for (const flag of flags) nodeProcess()?.getBuiltinModule?.('node:v8').setFlagsFromString(flag);
}
