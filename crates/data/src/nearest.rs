//! Names that were misspelt: which ones are allowed, and which one was probably meant.

/// The end of a message about `word`: "expected a, b or c", and the name that is nearest to it.
pub(crate) fn expected(word: &str, names: &[&str]) -> String {
    let list = format!("expected {}", list(names, "or"));
    let close = |name: &&&str| distance(word, name) <= word.chars().count().max(name.chars().count()) / 2;
    match names.iter().filter(close).min_by_key(|name| distance(word, name)) {
        Some(name) => format!("{list}; did you mean `{name}`?"),
        None => list,
    }
}

/// "a", "a or b", "a, b or c", with another word for `or`.
pub(crate) fn list<S: AsRef<str>>(names: &[S], or: &str) -> String {
    let names: Vec<&str> = names.iter().map(AsRef::as_ref).collect();
    match names.split_last() {
        Some((last, others)) if !others.is_empty() => format!("{} {or} {last}", others.join(", ")),
        _ => names.concat(),
    }
}

/// Letters to insert, delete or replace to make `b` of `a` (Levenshtein).
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (line, letter) in a.chars().enumerate() {
        let mut corner = std::mem::replace(&mut row[0], line + 1);
        for place in 0..b.len() {
            let replaced = corner + usize::from(letter != b[place]);
            corner = row[place + 1];
            row[place + 1] = replaced.min(corner + 1).min(row[place] + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_are_counted() {
        for (a, b, expected) in [("", "abc", 3), ("kitten", "sitting", 3), ("uspz", "usps", 1)] {
            assert_eq!((distance(a, b), distance(b, a)), (expected, expected), "{a} {b}");
        }
    }

    #[test]
    fn the_nearest_name_is_suggested_and_a_distant_one_is_not() {
        assert_eq!(expected("uspz", &["mnist", "usps"]), "expected mnist or usps; did you mean `usps`?");
        assert_eq!(expected("cifar", &["auto", "mnist", "usps"]), "expected auto, mnist or usps");
        assert_eq!(expected("usp", &["usps"]), "expected usps; did you mean `usps`?");
    }
}
