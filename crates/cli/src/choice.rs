//! A choice among a few words, each with its meaning in `--help`.

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};

/// Reads one of `all` by its name; the last of each says what it is.
pub fn choice<T: Copy + Send + Sync + 'static, const N: usize>(
    all: [(T, &'static str, &'static str); N],
) -> impl TypedValueParser<Value = T> {
    let values = all.map(|(_, name, meaning)| PossibleValue::new(name).help(meaning));
    PossibleValuesParser::new(values).try_map(move |word| {
        all.into_iter().find(|(_, name, _)| *name == word).map(|(value, ..)| value).ok_or("no such choice")
    })
}
