//! An argument with a few possible values, each explained in `--help`.

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};

/// Parses one of `all` by name; the last element of each is its help text.
pub fn choice<T: Copy + Send + Sync + 'static, const N: usize>(
    all: [(T, &'static str, &'static str); N],
) -> impl TypedValueParser<Value = T> {
    let values = all.map(|(_, name, meaning)| PossibleValue::new(name).help(meaning));
    PossibleValuesParser::new(values).try_map(move |word| {
        all.into_iter().find(|(_, name, _)| *name == word).map(|(value, ..)| value).ok_or("no such choice")
    })
}
