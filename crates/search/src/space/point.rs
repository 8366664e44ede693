//! A point of a space.

use std::fmt;
use std::ops::Index;
use std::sync::Arc;

use crate::parameter::Parameter;

/// One choice for every active dimension, by name: what [`NewTrial::parameters`](crate::NewTrial::parameters) takes.
///
/// It is a map in the order of the names. A clone shares it until one of the two is changed: a point goes from the sampler
/// over the storage to its worker, and back to the sampler with its result. It lies in one piece, for samplers look at
/// thousands of them.
#[derive(Clone, Default, PartialEq)]
pub struct Point(Arc<Vec<(Arc<str>, Parameter)>>);

impl Point {
    /// How many dimensions are active.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether none is.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The choice for the dimension `name`, if it is active.
    pub fn get(&self, name: &str) -> Option<&Parameter> {
        self.place(name).ok().map(|place| &self.0[place].1)
    }

    /// Whether the dimension `name` is active.
    pub fn contains_key(&self, name: &str) -> bool {
        self.place(name).is_ok()
    }

    /// The names with their choices.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &Parameter)> {
        self.0.iter().map(|(name, parameter)| (&**name, parameter))
    }

    /// The names.
    pub fn keys(&self) -> impl ExactSizeIterator<Item = &str> {
        self.iter().map(|(name, _)| name)
    }

    /// The choices, in the order of their names.
    pub fn values(&self) -> impl ExactSizeIterator<Item = &Parameter> {
        self.iter().map(|(_, parameter)| parameter)
    }

    /// Puts in a choice, and gives back the one that was there.
    pub fn insert(&mut self, name: impl Into<Arc<str>>, parameter: Parameter) -> Option<Parameter> {
        let name = name.into();
        let found = self.place(&name);
        let all = Arc::make_mut(&mut self.0);
        match found {
            Ok(place) => Some(std::mem::replace(&mut all[place].1, parameter)),
            Err(place) => {
                all.insert(place, (name, parameter));
                None
            }
        }
    }

    /// Takes out a choice.
    pub fn remove(&mut self, name: &str) -> Option<Parameter> {
        let place = self.place(name).ok()?;
        Some(Arc::make_mut(&mut self.0).remove(place).1)
    }

    /// Whether `other` is a clone of this very point, and neither was changed since.
    pub(crate) fn is_shared_with(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// The names with their choices, as they lie.
    pub(super) fn parameters(&self) -> &[(Arc<str>, Parameter)] {
        &self.0
    }

    /// No choice yet, and room for as many as `dimensions`.
    pub(super) fn with_capacity(dimensions: usize) -> Self {
        Self(Arc::new(Vec::with_capacity(dimensions)))
    }

    /// Where `name` is, or where it would be.
    fn place(&self, name: &str) -> Result<usize, usize> {
        self.0.binary_search_by(|(other, _)| (**other).cmp(name))
    }
}

impl fmt::Debug for Point {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

impl Index<&str> for Point {
    type Output = Parameter;

    /// # Panics
    /// If the dimension is not active.
    fn index(&self, name: &str) -> &Parameter {
        self.get(name).unwrap_or_else(|| panic!("`{name}` is not in {self:?}"))
    }
}

impl<N: Into<Arc<str>>> FromIterator<(N, Parameter)> for Point {
    fn from_iter<I: IntoIterator<Item = (N, Parameter)>>(parameters: I) -> Self {
        let parameters = parameters.into_iter();
        let mut point = Self::with_capacity(parameters.size_hint().0);
        for (name, parameter) in parameters {
            point.insert(name, parameter);
        }
        point
    }
}

impl<N: Into<Arc<str>>, const DIMENSIONS: usize> From<[(N, Parameter); DIMENSIONS]> for Point {
    fn from(parameters: [(N, Parameter); DIMENSIONS]) -> Self {
        parameters.into_iter().collect()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn parameter(value: i64) -> Parameter {
        Parameter::categorical(vec![json!(value)], json!(value)).unwrap()
    }

    #[test]
    fn choices_lie_in_the_order_of_their_names_and_each_name_has_one() {
        let mut point = Point::from([("b", parameter(1)), ("c", parameter(2)), ("a", parameter(3))]);
        assert_eq!(point.keys().collect::<Vec<_>>(), ["a", "b", "c"]);
        assert_eq!(point.insert("b", parameter(4)), Some(parameter(1)));
        assert_eq!(point["b"], parameter(4));
        assert_eq!((point.remove("a"), point.remove("a")), (Some(parameter(3)), None));
        assert_eq!((point.len(), point.get("a")), (2, None));
        assert!(format!("{point:?}").starts_with(r#"{"b": Parameter"#), "{point:?}");
    }

    #[test]
    fn a_clone_is_not_changed_with_its_original() {
        let mut point = Point::from([("a", parameter(1))]);
        let before = point.clone();
        point.insert("b", parameter(2));
        assert_eq!((point.len(), before.len()), (2, 1));
    }
}
