import { Tensor } from '@hebb/tensor';

/** A state with arrays in place of its tensors. */
export async function plain(state: unknown): Promise<unknown> {
  if (state instanceof Tensor) return { shape: state.shape, dtype: state.dtype, data: await state.data() };
  if (typeof state !== 'object' || state === null || ArrayBuffer.isView(state)) return state;
  if (Array.isArray(state)) return Promise.all(state.map(plain));
  const entries = [...(state instanceof Map ? (state as Map<string, unknown>) : Object.entries(state))];
  const read = await Promise.all(entries.map(async ([name, value]) => [name, await plain(value)] as const));
  return state instanceof Map ? new Map(read) : Object.fromEntries(read);
}
