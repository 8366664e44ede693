//! Plain data of this program as JSON: no maps with odd keys and nothing that refuses, so it cannot fail.

use serde::Serialize;
use serde_json::Value;

const PLAIN: &str = "plain data";

pub(crate) fn text(data: &impl Serialize) -> String {
    serde_json::to_string(data).expect(PLAIN)
}

pub(crate) fn pretty(data: &impl Serialize) -> String {
    serde_json::to_string_pretty(data).expect(PLAIN)
}

/// A value as a reader writes it: texts without quotes.
pub(crate) fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_string)
}

pub(crate) fn value(data: &impl Serialize) -> Value {
    serde_json::to_value(data).expect(PLAIN)
}
