//! The impure part of the interface: the terminal, the event loop, signals, the clipboard.
