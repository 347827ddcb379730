//! Where settings and secrets come from, and which wins.
