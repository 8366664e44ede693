//! What an SQLite file and a PostgreSQL database are asked in the same words.

use super::StorageError;
use super::cell::Cell;

pub(super) mod studies;
pub(super) mod trials;

/// A transaction on Optuna's tables and Tinderbox's.
///
/// Statements are SQL that both databases read. Their parameters are `$1`, `$2` and so on, in the order of their first use.
pub(super) trait Database {
    /// What can be wrong with it.
    type Reason;

    /// Hands the cells of each row that a statement gives to `take`.
    fn each<const COLUMNS: usize>(
        &mut self,
        sql: &'static str,
        values: &[Cell<'_>],
        take: impl FnMut([Cell<'_>; COLUMNS]),
    ) -> Answer<Self, ()>;

    /// That it holds what cannot be.
    fn damaged(why: String) -> Failure<Self::Reason>;

    /// The step of an intermediate value, from its column in a trial of Tinderbox.
    fn step(column: Cell<'_>) -> Cell<'_> {
        column
    }

    /// What `read` makes of the first row, if there is one.
    fn first<const COLUMNS: usize, T>(
        &mut self,
        sql: &'static str,
        values: &[Cell<'_>],
        mut read: impl FnMut([Cell<'_>; COLUMNS]) -> Result<T, String>,
    ) -> Answer<Self, Option<T>> {
        let mut first = None;
        self.each(sql, values, |cells| _ = first.get_or_insert_with(|| read(cells)))?;
        first.transpose().map_err(Self::damaged)
    }

    /// The whole number in the first row, if there is one.
    fn number(&mut self, sql: &'static str, values: &[Cell<'_>]) -> Answer<Self, Option<i64>> {
        self.first(sql, values, |[number]| number.whole(i64::MIN, i64::MAX))
    }

    /// Runs a statement that gives no rows.
    fn run(&mut self, sql: &'static str, values: &[Cell<'_>]) -> Answer<Self, ()> {
        self.each(sql, values, |[]| ())
    }
}

/// What a database answers.
pub(super) type Answer<D, T> = Result<T, Failure<<D as Database>::Reason>>;

/// A refusal, or trouble with a database that is yet to be named.
pub(super) enum Failure<R> {
    /// By the contract of a storage.
    Refused(StorageError),
    /// By the database.
    Database(R),
}

impl<R> From<StorageError> for Failure<R> {
    fn from(error: StorageError) -> Self {
        Self::Refused(error)
    }
}

/// The methods of a [`Storage`](super::Storage) that both databases have: each is one transaction, by `read` or `write`.
macro_rules! shared_methods {
    () => {
        fn open_study(&mut self, name: &str, directions: &[Direction]) -> Result<StudyId, StorageError> {
            self.write(|db| studies::open(db, name, directions))
        }

        fn studies(&self) -> Result<BTreeMap<String, StudyId>, StorageError> {
            self.read(|db| studies::all(db))
        }

        fn directions(&self, study: StudyId) -> Result<Vec<Direction>, StorageError> {
            self.read(|db| studies::directions(db, study))
        }

        fn set_study_attribute(
            &mut self,
            study: StudyId,
            key: &str,
            value: &Value,
        ) -> Result<(), StorageError> {
            self.write(|db| studies::set_attribute(db, study, key, value))
        }

        fn settle_study_attribute(
            &mut self,
            study: StudyId,
            key: &str,
            value: &Value,
        ) -> Result<Value, StorageError> {
            self.write(|db| studies::settle_attribute(db, study, key, value))
        }

        fn study_attributes(&self, study: StudyId) -> Result<BTreeMap<String, Value>, StorageError> {
            self.read(|db| studies::attributes(db, study))
        }

        fn set_study_attachment(
            &mut self,
            study: StudyId,
            name: &str,
            content: &[u8],
        ) -> Result<(), StorageError> {
            self.write(|db| studies::set_attachment(db, study, name, content))
        }

        fn study_attachment(&self, study: StudyId, name: &str) -> Result<Option<Vec<u8>>, StorageError> {
            self.read(|db| studies::attachment(db, study, name))
        }

        fn next_number(&self, study: StudyId) -> Result<u64, StorageError> {
            self.read(|db| {
                studies::require(db, study)?;
                trials::next(db, study)
            })
        }

        fn enqueue(&mut self, study: StudyId, trial: &NewTrial) -> Result<u64, StorageError> {
            self.write(|db| added::enqueue(db, study, trial))
        }

        fn left_out(&self, study: StudyId) -> Result<Vec<String>, StorageError> {
            self.read(|db| trials::left_out(db, study))
        }

        fn counts(&self, study: StudyId) -> Result<Counts, StorageError> {
            self.read(|db| trials::counts(db, study))
        }

        fn attempts(&self, study: StudyId, number: u64) -> Result<Vec<Attempt>, StorageError> {
            self.read(|db| trials::attempts(db, study, number))
        }

        fn attempts_of(&self, study: StudyId, key: &str) -> Result<Vec<Attempt>, StorageError> {
            self.read(|db| trials::attempts_of(db, study, key))
        }

        fn attachment(
            &self,
            study: StudyId,
            number: u64,
            name: &str,
        ) -> Result<Option<Vec<u8>>, StorageError> {
            self.read(|db| trials::attachment(db, study, number, name))
        }
    };
}
pub(super) use shared_methods;
