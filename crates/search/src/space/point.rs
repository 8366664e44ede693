//! A point of a space.

use std::collections::{BTreeMap, btree_map};
use std::ops::{Deref, DerefMut};
use std::sync::Arc;

use crate::parameter::Parameter;

/// One choice for every active dimension, by name: what [`NewTrial::parameters`](crate::NewTrial::parameters) takes.
///
/// It is a map. A clone shares it until one of the two is changed: a point goes from the sampler over the storage to its
/// worker, and back to the sampler with its result.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Point(Arc<BTreeMap<String, Parameter>>);

impl Deref for Point {
    type Target = BTreeMap<String, Parameter>;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl DerefMut for Point {
    fn deref_mut(&mut self) -> &mut Self::Target {
        Arc::make_mut(&mut self.0)
    }
}

impl FromIterator<(String, Parameter)> for Point {
    fn from_iter<I: IntoIterator<Item = (String, Parameter)>>(parameters: I) -> Self {
        Self(Arc::new(parameters.into_iter().collect()))
    }
}

impl<const N: usize> From<[(String, Parameter); N]> for Point {
    fn from(parameters: [(String, Parameter); N]) -> Self {
        parameters.into_iter().collect()
    }
}

impl<'a> IntoIterator for &'a Point {
    type Item = (&'a String, &'a Parameter);
    type IntoIter = btree_map::Iter<'a, String, Parameter>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

#[cfg(test)]
mod tests {
    use crate::parameter::Distribution;
    use crate::space::Space;

    #[test]
    fn a_clone_is_not_changed_with_its_original() {
        let space = Space::new([("layers", Distribution::int(1, 3))]).unwrap();
        let mut point = space.point(0).unwrap().unwrap();
        let before = point.clone();
        point.clear();
        assert_eq!((point.len(), before.len()), (0, 1));
        assert_eq!(before["layers"].value(), &1);
    }
}
