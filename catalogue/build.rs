//! The scenarios are part of the binary: a new or changed file makes it anew.

fn main() {
    println!("cargo:rerun-if-changed=../scenarios");
}
