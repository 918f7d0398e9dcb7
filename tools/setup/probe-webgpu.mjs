/** Run as a child process, because a broken driver may crash or hang it: prints `adapter: <name>` or `none: <reason>`. */
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

const fromTensor = createRequire(new URL('../../packages/tensor/package.json', import.meta.url));
try {
  const { create } = await import(pathToFileURL(fromTensor.resolve('webgpu')).href);
  const adapter = await create([]).requestAdapter();
  if (adapter) {
    const device = await adapter.requestDevice();
    device.destroy();
    const { vendor, architecture, device: model, description } = adapter.info;
    console.log(`adapter: ${[model, description].filter(Boolean).join(', ') || `${vendor} ${architecture}`}`);
  } else {
    console.log('none: no Vulkan, Metal or D3D12 driver offers an adapter that WebGPU accepts');
  }
} catch (error) {
  console.log(`none: ${error instanceof Error ? error.message.split('\n')[0] : error}`);
}
// Dawn keeps the event loop alive.
process.exit(0);
