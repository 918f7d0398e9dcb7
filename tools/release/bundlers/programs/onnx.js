import { Linear, ReLU, Sequential } from '@hebb/layers';
import { exportOnnx, parseOnnx, saveOnnx } from '@hebb/onnx';
import { prove } from './prove.js';

void prove({
  async compute() {
    const model = new Sequential(new Linear(2, 3), new ReLU());
    const { graph } = parseOnnx(await exportOnnx(model, { inputs: { x: ['batch', 2] }, outputs: ['y'] }));
    return graph.node.map(({ opType }) => opType);
  },
  expected: ['Gemm', 'Relu'],
  async misuse() {
    await exportOnnx(new Linear(2, 3), { inputs: { x: ['batch', 5] }, outputs: ['y'] });
  },
  message: /Linear/,
  openFile: () => saveOnnx('none/model.onnx', new Uint8Array(1)),
});
