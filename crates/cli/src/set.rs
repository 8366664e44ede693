//! `--set KEY=VALUE`, and `--set help`: the settings, their defaults and what they may be.

use std::fmt::Write;
use std::str::FromStr;

use tinderbox::experiment::{Defaults, Key, Setting, SettingError};

/// The settings of a command line.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct SetArguments {
    /// A setting, such as `training.batch_size=32` or `model.dropout=0.5`; may be repeated. `--set help` lists all settings
    #[arg(long = "set", value_name = "KEY=VALUE")]
    set: Vec<Set>,
}

/// What was typed after `--set`.
#[derive(Debug, Clone, PartialEq)]
enum Set {
    /// The question which settings there are.
    Help,
    /// A setting.
    To(Setting),
}

impl FromStr for Set {
    type Err = SettingError;

    fn from_str(text: &str) -> Result<Self, SettingError> {
        if text == "help" { Ok(Self::Help) } else { text.parse().map(Self::To) }
    }
}

impl SetArguments {
    /// The settings.
    pub fn settings(&self) -> Vec<Setting> {
        let settings = self.set.iter().filter_map(|set| match set {
            Set::To(setting) => Some(setting.clone()),
            Set::Help => None,
        });
        settings.collect()
    }

    /// The list of all settings, if it is asked for; with `model`, those of this kind of network.
    pub fn help(&self, model: Option<&str>, defaults: Defaults) -> Option<String> {
        self.set.contains(&Set::Help).then(|| table(&defaults.keys(model)))
    }
}

/// A line for each setting, those of one kind below a heading.
fn table(keys: &[Key]) -> String {
    let width =
        |text: fn(&Key) -> String| keys.iter().map(|key| text(key).chars().count()).max().unwrap_or(0);
    let (names, defaults) = (width(|key| key.name.clone()), width(Key::default_text));
    let mut text = format!("{:names$}  {:defaults$}  value\n", "key", "default");
    let mut heading = None;
    for key in keys {
        if key.of != heading {
            heading.clone_from(&key.of);
            text += &heading.as_ref().map(|of| format!("\nwith {of}:\n")).unwrap_or_default();
        }
        let Key { name, expected, .. } = key;
        _ = writeln!(text, "{name:names$}  {:defaults$}  {expected}", key.default_text());
    }
    text + "\nA dash: no value unless it is set."
}

#[cfg(test)]
mod tests {
    use tinderbox::catalog::Catalog;
    use tinderbox_data::Choice;

    use super::*;

    #[test]
    fn all_settings_are_listed_once_under_the_kind_that_has_them() {
        let catalog = Catalog::default();
        let images = catalog.datasets.spec(&Choice::Auto).expect("built in");
        let asked = SetArguments { set: vec![Set::Help] };
        let text = asked.help(None, Defaults { catalog: &catalog, images }).expect("asked for");
        let line = |start: &str| text.lines().filter(|line| line.starts_with(start)).count();
        assert_eq!(line("training.learning_rate "), 1, "{text}");
        assert_eq!(line("model.dropout "), catalog.networks.kinds().count(), "{text}");
        assert_eq!(line("with training.optimizer.kind=sgd:"), 1, "{text}");
        let rate = text.lines().find(|line| line.starts_with("training.learning_rate ")).expect("a line");
        assert!(rate.contains("0.001") && rate.ends_with("a finite number above 0"), "{rate}");
        let of_cnn = asked.help(Some("cnn"), Defaults { catalog: &catalog, images }).expect("asked for");
        assert!(of_cnn.contains("model.filters") && !of_cnn.contains("model.pixels"), "{of_cnn}");
        assert_eq!(SetArguments::default().help(None, Defaults { catalog: &catalog, images }), None);
    }
}
