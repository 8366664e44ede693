//! What the page may load: nothing but itself.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

/// The style sheet, exactly as in the page.
pub(crate) const STYLE: &str =
    concat!(include_str!("../../templates/style.css"), include_str!("../../templates/digits.css"),);
/// The script, exactly as in the page.
pub(crate) const SCRIPT: &str = include_str!("../../templates/page.js");

/// A content security policy under which the style sheet and `script`, if a page has one, are the only ones, and pictures are
/// those that stand in the page.
pub(crate) fn policy(script: Option<&str>) -> String {
    let hash = |text| STANDARD.encode(Sha256::digest(text));
    let style = hash(STYLE);
    let script = script.map(|script| format!("script-src 'sha256-{}'; ", hash(script))).unwrap_or_default();
    format!(
        "default-src 'none'; style-src 'sha256-{style}'; {script}img-src data:; base-uri 'none'; form-action 'none'"
    )
}
