//! The desktop lab.

fn main() {
    println!(
        "mqlab {}: the desktop lab is not built yet; use `cargo run`",
        env!("CARGO_PKG_VERSION")
    );
}
