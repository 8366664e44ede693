//! What is read otherwise than it stands in a file, so that reading goes on after a mistake.

use std::collections::{BTreeMap, BTreeSet};

/// Keys on the way to a place, as a file has them.
pub(super) type Keys = Vec<String>;

pub(in crate::experiment) fn join(keys: &[String], key: &str) -> Keys {
    [keys, &[key.to_string()]].concat()
}

/// What is read otherwise than it stands there.
#[derive(Debug, Default)]
pub(in crate::experiment) struct Repairs {
    /// Keys that are read as another.
    renamed: BTreeMap<Keys, String>,
    /// Words that are read as another.
    reworded: BTreeMap<Keys, String>,
    /// Keys that are passed over.
    ignored: BTreeSet<Keys>,
    /// Places that cannot be read.
    unusable: BTreeSet<Keys>,
    /// Keys that a table lacks.
    missing: BTreeMap<Keys, Vec<String>>,
}

/// A thing that is read otherwise.
#[derive(Debug)]
pub(super) enum Repair {
    Rename(Keys, String),
    Reword(Keys, String),
    Ignore(Keys),
    LeaveOut(Keys),
    Add(Keys, String),
}

impl Repairs {
    /// None but that these places cannot be read.
    pub(super) fn without(unusable: impl Iterator<Item = Keys>) -> Self {
        Self { unusable: unusable.collect(), ..Self::default() }
    }

    /// Whether this is a new repair.
    pub(super) fn add(&mut self, repair: Repair) -> bool {
        match repair {
            Repair::Rename(keys, word) => self.renamed.insert(keys, word).is_none(),
            Repair::Reword(keys, word) => self.reworded.insert(keys, word).is_none(),
            Repair::Ignore(keys) => self.ignored.insert(keys),
            Repair::LeaveOut(keys) => self.unusable.insert(keys),
            Repair::Add(keys, key) => {
                self.missing.entry(keys).or_default().push(key);
                true
            }
        }
    }

    /// The key at `keys` is read as `word`.
    pub(in crate::experiment) fn rename(&mut self, keys: &[String], word: &str) {
        self.add(Repair::Rename(keys.to_vec(), word.to_string()));
    }

    /// The list at `keys` is read without these items, and not given up as a whole.
    pub(in crate::experiment) fn leave_out(
        &mut self,
        keys: &[String],
        items: impl IntoIterator<Item = usize>,
    ) {
        self.unusable.retain(|unusable| !keys.starts_with(unusable));
        self.unusable.extend(items.into_iter().map(|item| join(keys, &item.to_string())));
    }

    /// The keys as the file has them: with the words that were read as others, and the items that were left out.
    pub(in crate::experiment) fn in_file<S: AsRef<str>>(&self, keys: &[S]) -> Vec<String> {
        let mut found: Keys = Vec::new();
        for key in keys.iter().map(AsRef::as_ref) {
            let place = key.parse::<usize>().ok().map(|place| {
                let lost = self.lost_items(&found).into_iter();
                lost.fold(place, |place, lost| place + usize::from(lost <= place))
            });
            let own = self.renamed.iter().find(|(own, word)| {
                own.split_last().is_some_and(|(_, above)| above == found) && word.as_str() == key
            });
            let own = own.and_then(|(own, _)| own.last().cloned());
            found.push(place.map(|place| place.to_string()).or(own).unwrap_or_else(|| key.to_string()));
        }
        found
    }

    /// The word that is read in place of `word`; none if it is passed over.
    pub(super) fn name(&self, keys: &[String], word: &str) -> Option<String> {
        if self.ignored.contains(keys) {
            return None;
        }
        Some(self.renamed.get(keys).map_or_else(|| word.to_string(), String::clone))
    }

    /// The word that is read in place of the text at `keys`.
    pub(super) fn word<'t>(&'t self, keys: &[String], text: &'t str) -> &'t str {
        self.reworded.get(keys).map_or(text, String::as_str)
    }

    pub(super) fn is_reworded(&self, keys: &[String]) -> bool {
        self.reworded.contains_key(keys)
    }

    /// The places of the items of the list at `keys` that are not read, in their order.
    pub(in crate::experiment) fn lost_items(&self, keys: &[String]) -> Vec<usize> {
        let below =
            self.unusable.iter().filter(|lost| lost.len() == keys.len() + 1 && lost.starts_with(keys));
        let mut places: Vec<usize> = below.filter_map(|lost| lost.last()?.parse().ok()).collect();
        places.sort_unstable();
        places
    }

    pub(in crate::experiment) fn is_unusable(&self, keys: &[String]) -> bool {
        self.unusable.contains(keys)
    }

    /// Whether something else than the file has is read at `keys`, because of what is wrong there or above.
    pub(in crate::experiment) fn is_stand_in(&self, keys: &[String]) -> bool {
        (1..=keys.len()).any(|depth| {
            let (key, above) = (&keys[depth - 1], &keys[..depth - 1]);
            self.is_unusable(&keys[..depth])
                || self.missing.get(above).is_some_and(|missing| missing.contains(key))
        })
    }

    pub(super) fn missing(&self, keys: &[String]) -> Vec<String> {
        self.missing.get(keys).cloned().unwrap_or_default()
    }
}
