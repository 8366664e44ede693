//! What the page may load: nothing but itself.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

/// The style sheet, as it stands in the page.
pub(super) const STYLE: &str = include_str!("../../templates/style.css");
/// The script, as it stands in the page.
pub(super) const SCRIPT: &str = include_str!("../../templates/page.js");

/// A content security policy under which this style sheet and this script are the only ones, and pictures are those
/// that stand in the page.
pub(super) fn policy() -> String {
    let [style, script] = [STYLE, SCRIPT].map(|text| STANDARD.encode(Sha256::digest(text)));
    format!(
        "default-src 'none'; style-src 'sha256-{style}'; script-src 'sha256-{script}'; img-src data:; \
         base-uri 'none'; form-action 'none'"
    )
}
