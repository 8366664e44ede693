//! Studies, trials and their storage.
