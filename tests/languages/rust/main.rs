//! Holds the resizers against a set, by its name.

mod linear;
mod pillow_bicubic;
mod vectors;

/// `main SET`: the path of a set without its suffix.
fn main() {
    let set = std::env::args().nth(1).expect("the path of a set");
    let is_right = if set.ends_with("uint8") {
        vectors::check(&set, u8::from_le_bytes, pillow_bicubic::resize)
    } else {
        vectors::check(&set, f32::from_le_bytes, linear::resize)
    };
    std::process::exit(if is_right { 0 } else { 1 });
}
