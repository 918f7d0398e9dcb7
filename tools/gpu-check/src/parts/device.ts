/** Which device it is, what it offers, and what schedules Hebb chose for it. */
import { acquireDevice } from '../../../../packages/tensor/src/webgpu/device.ts';
import { findPeer } from '../peer.ts';
import type { Part } from '../rows.ts';

export const devicePart: Part = async ({ report }) => {
  const start = performance.now();
  const acquired = await acquireDevice({ allowSoftware: true });
  if ('unavailable' in acquired) throw new Error(acquired.unavailable);
  const { device, description, limits, profile } = acquired;
  report({ name: 'adapter', value: description });
  report({ name: 'start of the device', value: performance.now() - start, unit: 'ms' });
  report({ name: 'schedules', value: profile.software ? 'for processors' : 'for graphics processors' });
  for (const [name, value] of Object.entries(limits)) report({ name: `limit: ${name}`, value: value as number });
  report({ name: 'features', value: [...device.features].sort().join(' ') });
  const peer = await findPeer();
  report({ name: 'beside it', value: peer.description ?? 'no PyTorch was found' });
  peer.close();
};
