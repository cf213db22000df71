//! Holds a resizer against a set of test vectors, and says which fault what fails looks like.

use std::fs;

/// Prints what fails and why; whether every vector passes. `set` is the path of a set without its suffix, `number` makes
/// a value of its bytes, `resize` takes values, (height, width, channels) and the size to make of it, (height, width).
pub fn check<const BYTES: usize, T: Copy + Into<f64>>(
    set: &str,
    number: fn([u8; BYTES]) -> T,
    resize: fn(&[T], [usize; 3], [usize; 2]) -> Vec<T>,
) -> bool {
    let bytes = fs::read(format!("{set}.bin")).expect(set);
    let values: Vec<T> = bytes.chunks_exact(BYTES).map(|b| number(b.try_into().unwrap())).collect();
    let table = fs::read_to_string(format!("{set}.txt")).expect(set);
    let (mut failures, mut results) = (0, Vec::new());
    for line in table.lines().filter(|line| !line.starts_with('#')) {
        let fields: Vec<&str> = line.split(' ').collect();
        let n = |i: usize| fields[i].parse::<usize>().unwrap();
        let (shape, size, tolerance) = ([n(1), n(2), n(3)], [n(5), n(6)], fields[8].parse::<f64>().unwrap());
        let right = &values[n(7) / BYTES..][..size[0] * size[1] * shape[2]];
        let got = resize(&values[n(4) / BYTES..][..shape[0] * shape[1] * shape[2]], shape, size);
        let is_near = |(&a, &b): (&T, &T)| (a.into() - b.into()).abs() <= tolerance;
        let fails = got.len() != right.len() || !got.iter().zip(right).all(is_near);
        if fails {
            println!("FAIL {} {}", fields[0], fields[9]);
            failures += 1;
        }
        results.push((fields[0], fields[9], fails, right, got));
    }
    println!("{failures} of {} vectors fail", results.len());
    let distance = |a: &[T], b: &[T]| a.iter().zip(b).map(|(&a, &b)| (a.into() - b.into()).abs()).sum::<f64>();
    let (mut least, mut fault) = (0.1, "no fault that has a flag"); // the share of the error that a fault leaves
    for example in table.lines().filter_map(|line| line.strip_prefix("#= ")) {
        let fields: Vec<&str> = example.splitn(3, ' ').collect(); // vector, offset of the faulty result, "flag: fault"
        let flag = fields[2].split(':').next();
        let fits = results.iter().filter(|(_, flags, fails, ..)| *fails == flags.split(',').any(|f| Some(f) == flag));
        let (.., right, got) = results.iter().find(|(id, ..)| *id == fields[0]).unwrap();
        let left = distance(got, &values[fields[1].parse::<usize>().unwrap() / BYTES..]) / distance(got, right);
        if left < least && 4 * fits.count() >= 3 * results.len() {
            (least, fault) = (left, fields[2]);
        }
    }
    if failures > 0 {
        println!("looks like {fault}");
    }
    failures == 0 && !results.is_empty()
}
