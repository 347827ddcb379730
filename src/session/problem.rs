use crate::event::Sanitized;

/// What went wrong, for the person who has to mend it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// What sort of trouble it is.
    pub kind: ProblemKind,
    /// One line: what happened, and to what.
    pub what: Sanitized,
    /// One line: what to do now.
    pub advice: Sanitized,
}

/// The sorts of trouble, as far as a watcher acts on them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ProblemKind {
    /// 401 or 403: the server does not take the key. Not tried again by itself.
    Refused,
    /// 429: too many requests.
    RateLimited,
    /// No connection, a broken one, a time-out, TLS, or a 5xx.
    Unreachable,
    /// An answer that is not one of the debug endpoint: 404 or another 4xx, a redirect, HTML, a body that cannot be
    /// read, or one too large.
    WrongAnswer,
}
