//! A choice: one kind of a family with its settings.

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::{Map, Value};

use super::{Kind, KindError, Kinds, Member, Role, SettingError, Spelling, Strength};

/// One kind of a family with its settings. It [reads](super::Family::read) from a file, or comes from the kind itself:
/// `optimizer: Sgd { momentum: 0.9 }.into()`.
pub struct Choice<T: ?Sized> {
    chosen: Arc<T>,
    about: Arc<About>,
}

/// What is known of a kind once its type is forgotten.
struct About {
    name: &'static str,
    title: &'static str,
    strength: Option<Strength>,
    settings: Map<String, Value>,
    /// Settings that differ from those of the same strength with every default.
    unusual: Vec<String>,
    check: Result<(), SettingError>,
}

impl<T: ?Sized + Role, K: Kind + Member<T>> From<K> for Choice<T> {
    fn from(kind: K) -> Self {
        let about = About::new(&kind, &Kinds::default());
        Self { chosen: kind.into_shared(), about: Arc::new(about) }
    }
}

/// Reads a kind: its settings, or its strength alone.
pub(super) fn read<T: ?Sized + Role, K: Member<T>>(
    value: &Value,
    kinds: &Kinds,
) -> Result<Choice<T>, KindError> {
    let (settings, whole) = match (value, K::STRENGTH) {
        (Value::Object(settings), _) => (settings.clone(), false),
        (Value::Number(_), Some(strength)) => {
            (Map::from_iter([(strength.setting.to_string(), value.clone())]), true)
        }
        (_, Some(strength)) => {
            return Err(KindError::whole(format!(
                "expected its {} or a table of settings",
                strength.setting
            )));
        }
        (_, None) => return Err(KindError::whole("expected a table of settings")),
    };
    // A number that stands alone has no key to blame.
    let blame = |error: KindError| if whole { KindError::whole(error.problem.to_string()) } else { error };
    let kind = K::read(&settings, kinds).map_err(blame)?;
    let about = About::new(&kind, kinds);
    match about.check.clone() {
        Ok(()) => Ok(Choice { chosen: kind.into_shared(), about: Arc::new(about) }),
        Err(error) if whole => Err(KindError::whole(error.to_string())),
        Err(error) => Err(error.into()),
    }
}

impl About {
    fn new<K: Kind>(kind: &K, kinds: &Kinds) -> Self {
        let settings = settings(kind);
        let usual = usual::<K>(&settings, kinds).unwrap_or_default();
        let is_strength = |key: &str| K::STRENGTH.is_some_and(|strength| strength.setting == key);
        let unusual =
            settings.iter().filter(|(key, value)| !is_strength(key) && usual.get(*key) != Some(*value));
        Self {
            name: K::NAME,
            title: K::TITLE,
            strength: K::STRENGTH,
            unusual: unusual.map(|(key, _)| key.clone()).collect(),
            check: kind.check(),
            settings,
        }
    }
}

/// The settings of a kind, its defaults among them.
fn settings(kind: &impl Kind) -> Map<String, Value> {
    match serde_json::to_value(kind) {
        Ok(Value::Object(settings)) => settings,
        // A kind without settings.
        _ => Map::new(),
    }
}

/// The settings of a kind of the same strength and with every default, if it has defaults.
fn usual<K: Kind>(settings: &Map<String, Value>, kinds: &Kinds) -> Option<Map<String, Value>> {
    let mut given = Map::new();
    if let Some(Strength { setting, .. }) = K::STRENGTH {
        given.insert(setting.to_string(), settings.get(setting)?.clone());
    }
    Some(self::settings(&K::read(&given, kinds).ok()?))
}

impl<T: ?Sized> Choice<T> {
    /// The kind's name in files.
    pub fn name(&self) -> &'static str {
        self.about.name
    }

    /// The kind's name in tables and figures.
    pub fn title(&self) -> &'static str {
        self.about.title
    }

    /// Every setting, its defaults among them.
    pub fn settings(&self) -> &Map<String, Value> {
        &self.about.settings
    }

    /// How strong it is, and the symbol for it.
    pub fn strength(&self) -> Option<(&'static str, f64)> {
        let strength = self.about.strength?;
        Some((strength.symbol, self.about.settings.get(strength.setting)?.as_f64()?))
    }

    /// Whether every setting is in its range. It is, if the choice was read.
    ///
    /// # Errors
    /// The first setting that is not.
    pub fn check(&self) -> Result<(), SettingError> {
        self.about.check.clone()
    }

    /// The strength that says all: every other setting has its default.
    fn strength_alone(&self) -> Option<&Value> {
        let value = self.about.settings.get(self.about.strength?.setting)?;
        self.about.unusual.is_empty().then_some(value)
    }
}

/// As a file has it, with every default written out.
impl<T: ?Sized + Role> Serialize for Choice<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (name, settings) = (self.about.name, &self.about.settings);
        if T::SPELLING == Spelling::Word && settings.is_empty() {
            return serializer.serialize_str(name);
        }
        let mut map = serializer.serialize_map(None)?;
        match T::SPELLING {
            Spelling::Entry => match self.strength_alone() {
                Some(strength) => map.serialize_entry(name, strength)?,
                None => map.serialize_entry(name, settings)?,
            },
            Spelling::Table { .. } | Spelling::Word => {
                if T::SPELLING != (Spelling::Table { implied: Some(name) }) {
                    map.serialize_entry("kind", name)?;
                }
                for (key, value) in settings {
                    map.serialize_entry(key, value)?;
                }
            }
        }
        map.end()
    }
}

/// For readers: `PGD, ε = 0.1, steps = 10`, without settings that have their default.
impl<T: ?Sized> fmt::Display for Choice<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.title())?;
        if let Some((symbol, value)) = self.strength() {
            write!(f, ", {symbol} = {value}")?;
        }
        self.about.unusual.iter().try_for_each(|key| match &self.about.settings[key] {
            Value::String(text) => write!(f, ", {key} = {text}"),
            value => write!(f, ", {key} = {value}"),
        })
    }
}

impl<T: ?Sized> Clone for Choice<T> {
    fn clone(&self) -> Self {
        Self { chosen: Arc::clone(&self.chosen), about: Arc::clone(&self.about) }
    }
}

impl<T: ?Sized + fmt::Debug> fmt::Debug for Choice<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.chosen.fmt(f)
    }
}

/// By name and settings.
impl<T: ?Sized> PartialEq for Choice<T> {
    fn eq(&self, other: &Self) -> bool {
        self.about.name == other.about.name && self.about.settings == other.about.settings
    }
}

impl<T: ?Sized> Deref for Choice<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.chosen
    }
}
