// Holds a resizer against a set of vectors, and says which fault what fails looks like.
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";

const TYPES = { uint8: Uint8Array, float32: Float32Array };
const distance = (a, b) => a.reduce((sum, value, i) => sum + Math.abs(value - b[i]), 0);

/** Whether every vector passes. resize(values, [h, w, channels], [h, w]) returns as many values as the size has. */
export function check(path, resize) {
  const set = JSON.parse(readFileSync(path, "utf8"));
  const data = readFileSync(join(dirname(path), set.data));
  const values = ({ shape, offset }) => {
    const bytes = new Uint8Array(data.subarray(offset)); // a copy, which is aligned
    return new TYPES[set.dtype](bytes.buffer, 0, shape[0] * shape[1] * shape[2]);
  };
  const results = new Map();
  let failures = 0;
  for (const { id, input, expected, tolerance, flags } of set.vectors) {
    const got = resize(values(input), input.shape, expected.shape.slice(0, 2));
    const right = values(expected);
    const passes = got.length === right.length && right.every((value, i) => Math.abs(got[i] - value) <= tolerance);
    results.set(id, { got, right, passes, flags });
    if (passes) continue;
    console.log(`FAIL ${id} ${flags}`);
    failures++;
  }
  console.log(`${failures} of ${results.size} vectors fail`);
  let [least, fault] = [0.1, "no fault that has a flag"]; // the share of the error that a fault leaves
  for (const [flag, note] of Object.entries(set.notes)) {
    const { got, right } = results.get(note.example.vector);
    const left = distance(got, values(note.example)) / distance(got, right);
    const fits = [...results.values()].filter(({ passes, flags }) => passes !== flags.includes(flag)).length;
    if (left < least && fits >= 0.75 * results.size) [least, fault] = [left, `${flag}: ${note.fault}`];
  }
  if (failures) console.log(`looks like ${fault}`);
  return results.size > 0 && failures === 0;
}
