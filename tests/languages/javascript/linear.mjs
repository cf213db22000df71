// Linear interpolation, half_pixel, float32: no antialiasing.

/** The two pixels that an output lies between, and its distance from the first. */
function place(o, nIn, nOut) {
  const x = Math.min(Math.max(((o + 0.5) * nIn) / nOut - 0.5, 0), nIn - 1);
  const first = Math.floor(x);
  return [first, Math.min(first + 1, nIn - 1), x - first];
}

/** Resizes values of the shape [height, width, channels] to [height, width]. */
export function resize(image, [h, w, channels], [outH, outW]) {
  const out = new Float32Array(outH * outW * channels);
  for (let oy = 0, at = 0; oy < outH; oy++) {
    const [top, bottom, y] = place(oy, h, outH);
    for (let ox = 0; ox < outW; ox++) {
      const [left, right, x] = place(ox, w, outW);
      for (let c = 0; c < channels; c++) {
        const pixel = (row, column) => image[(row * w + column) * channels + c];
        const upper = pixel(top, left) * (1 - x) + pixel(top, right) * x;
        const lower = pixel(bottom, left) * (1 - x) + pixel(bottom, right) * x;
        out[at++] = upper * (1 - y) + lower * y;
      }
    }
  }
  return out;
}
