//! Pillow 13's BICUBIC of uint8, bit for bit: weights of 22 bits, each pass rounded and clipped.

fn bicubic(x: f64) -> f64 {
    let (x, a) = (x.abs(), -0.5);
    if x < 1.0 {
        ((a + 2.0) * x - (a + 3.0)) * x * x + 1.0
    } else if x < 2.0 {
        (((x - 5.0) * x + 8.0) * x - 4.0) * a
    } else {
        0.0
    }
}

/// The first pixel of an output, and the weights from there on.
fn taps(o: usize, n_in: usize, n_out: usize) -> (usize, Vec<i32>) {
    let scale = n_in as f64 / n_out as f64;
    let stretch = scale.max(1.0);
    let (centre, support) = ((o as f64 + 0.5) * scale, 2.0 * stretch);
    let first = (centre - support + 0.5).max(0.0) as usize;
    let end = ((centre + support + 0.5) as usize).min(n_in);
    let weights: Vec<f64> = (first..end).map(|i| bicubic((i as f64 - centre + 0.5) * (1.0 / stretch))).collect();
    let total: f64 = weights.iter().sum();
    (first, weights.iter().map(|weight| (weight / total * 4194304.0).round() as i32).collect())
}

/// Resizes the middle axis of (before, n_in, after) values.
fn pass(values: &[u8], [before, n_in, after]: [usize; 3], n_out: usize) -> Vec<u8> {
    let mut out = vec![0; before * n_out * after];
    for o in 0..n_out {
        let (first, weights) = taps(o, n_in, n_out);
        for b in 0..before {
            for c in 0..after {
                let pixel = |i: usize| values[(b * n_in + first + i) * after + c] as i32;
                let sum: i32 = weights.iter().enumerate().map(|(i, weight)| pixel(i) * weight).sum();
                out[(b * n_out + o) * after + c] = ((sum + (1 << 21)) >> 22).clamp(0, 255) as u8;
            }
        }
    }
    out
}

/// Resizes values of the shape (height, width, channels) to (height, width).
pub fn resize(image: &[u8], [h, w, channels]: [usize; 3], [out_h, out_w]: [usize; 2]) -> Vec<u8> {
    // As Pillow 13 chooses; the columns first otherwise.
    if h > out_h && (h - out_h) as isize > 2 * (w as isize - out_w as isize) {
        let rows = pass(image, [1, h, w * channels], out_h);
        return pass(&rows, [out_h, w, channels], out_w);
    }
    let columns = pass(image, [h, w, channels], out_w);
    pass(&columns, [1, h, out_w * channels], out_h)
}
