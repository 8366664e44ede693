//! Labelled images: from files to splits.
