// A device: onnxruntime-web runs the kit's model on each image. node onnx_web.mjs KIT
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as ort from "onnxruntime-web";

const kit = process.argv[2];
const { model, files, dtype, layout } = JSON.parse(readFileSync(join(kit, "manifest.json"), "utf8"));
ort.env.wasm.numThreads = 1;
const session = await ort.InferenceSession.create(readFileSync(join(kit, model.file)));
for (const { input, output, shape } of files) {
  const bytes = readFileSync(join(kit, input));
  const values = dtype === "uint8" ? new Uint8Array(bytes) : new Float32Array(new Uint8Array(bytes).buffer);
  const [height, width, channels] = shape;
  const sides = layout === "NCHW" ? [1, channels, height, width] : [1, height, width, channels];
  const results = await session.run({ [model.input]: new ort.Tensor(dtype, values, sides) });
  const { data } = results[model.output];
  writeFileSync(join(kit, output), Buffer.from(data.buffer, data.byteOffset, data.byteLength));
}
