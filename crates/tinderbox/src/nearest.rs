//! Words that were misspelt: which of those that are allowed was probably meant.

use std::cmp::Reverse;

use tinderbox_training::{KindError, KindProblem};

/// The allowed word that `word` was probably meant to be.
///
/// ```
/// assert_eq!(tinderbox::nearest::nearest("trian", ["train", "attack"]), Some("train"));
/// assert_eq!(tinderbox::nearest::nearest("fcnn", ["cnn", "fcn"]), Some("fcn"));
/// assert_eq!(tinderbox::nearest::nearest("vgg", ["fcn", "cnn"]), None);
/// ```
pub fn nearest<'a>(word: &str, allowed: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    allowed
        .into_iter()
        .map(|candidate| (strsim::damerau_levenshtein(word, candidate), candidate))
        .filter(|(distance, candidate)| is_near(*distance, word, candidate))
        // Of two that are equally near, the one that begins alike: the first letters are seldom wrong.
        .min_by_key(|(distance, candidate)| (*distance, Reverse(common_start(word, candidate)), *candidate))
        .map(|(_, candidate)| candidate)
}

/// The kind or the key of a kind that was probably meant.
pub fn nearest_of_kind(error: &KindError) -> Option<&str> {
    match &error.problem {
        KindProblem::UnknownKind { name, known, .. } => nearest(name, known.iter().map(|kind| &**kind)),
        KindProblem::UnknownKey { allowed } => {
            nearest(error.keys.last()?, allowed.iter().map(String::as_str))
        }
        KindProblem::Value(_) => None,
    }
}

/// Whether so many wrong letters leave two words alike: two in five, or one of two.
fn is_near(distance: usize, one: &str, other: &str) -> bool {
    let letters = one.chars().count().max(other.chars().count());
    distance <= (letters * 2 / 5).max(1) && distance < letters
}

/// How many letters two words begin with in common.
fn common_start(one: &str, other: &str) -> usize {
    one.chars().zip(other.chars()).take_while(|(one, other)| one == other).count()
}

/// The key, of those with others above them, that `word` was probably meant to be: `learning_rate`, `lr`, `learning` and
/// `traning.learning_rate` all mean `training.learning_rate`.
pub fn nearest_key<'a>(word: &str, allowed: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let word = word.to_ascii_lowercase().replace('-', "_");
    let own = last(&word);
    let close = |typed: &str, key: &str| {
        let distance = strsim::damerau_levenshtein(typed, key);
        (distance <= typed.len().max(key.len()) / 3).then_some(distance)
    };
    let rank = |key: &'a str| {
        let name = last(key);
        let (class, distance) = match own == word {
            // Alone, it may be the last part of any key.
            true if own == name => (0, 0),
            true if own.len() > 1 && own == initials(name) => (1, 0),
            true if own.len() > 2 && name.starts_with(own) => (2, 0),
            true => (3, close(own, name)?),
            // With keys above it, its last part counts more.
            false if own == name => (0, strsim::damerau_levenshtein(&word, key)),
            false => (1, close(&word, key)?),
        };
        Some((class, distance, key.len(), key))
    };
    allowed.into_iter().filter_map(rank).min().map(|(.., key)| key)
}

fn last(key: &str) -> &str {
    key.rsplit('.').next().unwrap_or(key)
}

/// `lr` of `learning_rate`.
fn initials(name: &str) -> String {
    name.split('_').filter_map(|part| part.chars().next()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_found_by_its_last_part_its_initials_or_its_beginning() {
        let keys = [
            "model.dropout",
            "model.hidden",
            "training.batch_size",
            "training.learning_rate",
            "training.optimizer.kind",
            "training.optimizer.momentum",
            "training.schedule.kind",
            "validation_fraction",
        ];
        for (typed, meant) in [
            ("lr", "training.learning_rate"),
            ("learning_rate", "training.learning_rate"),
            ("learning-rate", "training.learning_rate"),
            ("learning", "training.learning_rate"),
            ("learnign_rate", "training.learning_rate"),
            ("traning.learning_rate", "training.learning_rate"),
            ("model.learning_rate", "training.learning_rate"),
            ("training.momentum", "training.optimizer.momentum"),
            ("training.optimzer.kind", "training.optimizer.kind"),
            ("LR", "training.learning_rate"),
            ("batch", "training.batch_size"),
            ("batchsize", "training.batch_size"),
            ("bs", "training.batch_size"),
            ("droput", "model.dropout"),
            ("hiden", "model.hidden"),
            ("validation_fracton", "validation_fraction"),
        ] {
            assert_eq!(nearest_key(typed, keys), Some(meant), "{typed}");
        }
        for typed in ["zzzzzzzz", "x", ""] {
            assert_eq!(nearest_key(typed, keys), None, "{typed}");
        }
    }
}
