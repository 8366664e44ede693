//! Words that were misspelt: which one was probably meant.

/// The word of `known` that `word` was probably meant to be.
pub(crate) fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let near = |known: &'a str| (distance(word, known), known);
    let close =
        |(distance, known): &(usize, &str)| *distance <= word.chars().count().max(known.chars().count()) / 2;
    known.into_iter().map(near).filter(close).min_by_key(|(distance, _)| *distance).map(|(_, known)| known)
}

/// Letters to insert, delete, replace or swap with their neighbour to make `b` of `a` (optimal string alignment).
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut rows = vec![(0..=b.len()).collect::<Vec<usize>>()];
    for line in 1..=a.len() {
        let mut row = vec![line];
        for place in 1..=b.len() {
            let above = &rows[line - 1];
            let replaced = above[place - 1] + usize::from(a[line - 1] != b[place - 1]);
            let mut least = replaced.min(above[place] + 1).min(row[place - 1] + 1);
            if line > 1 && place > 1 && a[line - 1] == b[place - 2] && a[line - 2] == b[place - 1] {
                least = least.min(rows[line - 2][place - 2] + 1);
            }
            row.push(least);
        }
        rows.push(row);
    }
    rows[a.len()][b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_are_counted_and_a_swap_is_one() {
        for (a, b, expected) in
            [("", "abc", 3), ("kitten", "sitting", 3), ("trian", "train", 1), ("ca", "abc", 3)]
        {
            assert_eq!((distance(a, b), distance(b, a)), (expected, expected), "{a} {b}");
        }
    }

    #[test]
    fn a_distant_word_is_not_suggested() {
        assert_eq!(nearest("reproduse", ["report", "reproduce"]), Some("reproduce"));
        assert_eq!(nearest("publish", ["report", "reproduce"]), None);
        assert_eq!(nearest("", ["ci"]), None);
    }
}
