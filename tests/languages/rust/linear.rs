//! Linear interpolation, half_pixel, float32: no antialiasing.

/// The two pixels that an output lies between, and its distance from the first.
fn place(o: usize, n_in: usize, n_out: usize) -> (usize, usize, f64) {
    let x = (o as f64 + 0.5) * n_in as f64 / n_out as f64 - 0.5;
    let x = x.clamp(0.0, (n_in - 1) as f64);
    (x as usize, (x as usize + 1).min(n_in - 1), x.fract())
}

/// Resizes values of the shape (height, width, channels) to (height, width).
pub fn resize(image: &[f32], [h, w, channels]: [usize; 3], [out_h, out_w]: [usize; 2]) -> Vec<f32> {
    let mut out = Vec::with_capacity(out_h * out_w * channels);
    for oy in 0..out_h {
        let (top, bottom, y) = place(oy, h, out_h);
        for ox in 0..out_w {
            let (left, right, x) = place(ox, w, out_w);
            for c in 0..channels {
                let pixel = |row: usize, column: usize| image[(row * w + column) * channels + c] as f64;
                let upper = pixel(top, left) * (1.0 - x) + pixel(top, right) * x;
                let lower = pixel(bottom, left) * (1.0 - x) + pixel(bottom, right) * x;
                out.push((upper * (1.0 - y) + lower * y) as f32);
            }
        }
    }
    out
}
