/** The files that are written. */
export const fileNames = { weights: 'model.safetensors', onnx: 'model.onnx', report: 'report.html' } as const;
