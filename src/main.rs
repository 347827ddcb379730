//! The binary: everything is in the library.
//!
//! With `--cfg alone` it holds the rooms itself. The compiler then knows all who could use something and names what
//! nobody does; in a library it must take everything public for used. `.ci/run` has them compiled so, as a check.

macro_rules! rooms {
    ($($room:ident)*) => { $(#[cfg(alone)] mod $room;)* };
}
rooms! { app blueshift cli config event lint plan runtime sandbox session source ui }

fn main() -> std::process::ExitCode {
    #[cfg(not(alone))]
    use clickscope::cli;
    cli::run()
}
