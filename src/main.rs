//! The binary: everything is in the library.
//!
//! With `--cfg alone` it holds the rooms itself. The compiler then knows all who could use something and names what
//! nobody does; in a library it must take everything public for used. `.ci/run` has them compiled so, as a check.

#[cfg(alone)]
mod app;
#[cfg(alone)]
mod blueshift;
#[cfg(alone)]
mod cli;
#[cfg(alone)]
mod config;
#[cfg(alone)]
mod event;
#[cfg(alone)]
mod expect;
#[cfg(alone)]
mod jq;
#[cfg(alone)]
mod lint;
#[cfg(alone)]
mod plan;
#[cfg(alone)]
mod query;
#[cfg(alone)]
mod report;
#[cfg(alone)]
mod runtime;
#[cfg(alone)]
mod sandbox;
#[cfg(alone)]
mod session;
#[cfg(alone)]
mod source;
#[cfg(alone)]
mod ui;

/// Events are many small texts that come and go: it takes half the time of the systems' own, and less still where those are
/// slow, as in musl.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    #[cfg(not(alone))]
    use clickscope::cli;
    cli::run()
}
