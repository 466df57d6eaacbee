//! The terminal face of mqlab.

fn main() {}
