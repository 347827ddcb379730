//! The local collector: an imitation of the platform for tests, demos and work without a network.
