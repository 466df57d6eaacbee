//! `mqlab schema`: the JSON Schema of scenario files.

use crate::failure::Failure;
use std::io::Write;

/// Prints the schema.
pub fn schema(out: &mut dyn Write) -> Result<u8, Failure> {
    let schema = mqlab::scenario::json_schema();
    let text = serde_json::to_string_pretty(&schema).map_err(|e| Failure::new(e.to_string()))?;
    writeln!(out, "{text}")?;
    Ok(0)
}
