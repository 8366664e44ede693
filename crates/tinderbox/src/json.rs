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

pub(crate) fn value(data: &impl Serialize) -> Value {
    serde_json::to_value(data).expect(PLAIN)
}
