//! The `kanmon` command.

fn main() {}
