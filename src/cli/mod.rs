//! The command line: one file a subcommand, each only wiring, output and an exit code.
