use std::net::{Ipv4Addr, SocketAddr};

use super::args::DemoArgs;
use super::collecting::{self, Setting};
use super::watch::{log_to_file, terminal_has_screen};
use super::{Exit, Failure, redact};
use crate::config::{ConfigFile, ConfigLayer};
use crate::runtime;
use crate::sandbox::{self, DebugShape, Sandbox, Traffic};

/// Shows a collector into which a shop sends. What is watched is not for `layers` to choose, nor for the profile. The `file`
/// only says which variables hold keys.
pub(super) fn run(args: &DemoArgs, layers: [ConfigLayer; 2], file: &ConfigFile) -> Result<Exit, Failure> {
    let masks = redact::on_screen(&args.redact, None, file.levels().identifiers())?;
    let notices = if terminal_has_screen()? {
        Some(log_to_file()?)
    } else {
        runtime::log::to_stderr()?;
        None
    };
    let record = args.record.record.as_deref();
    let (key, account, authority) = (None, None, None);
    let setting = Setting { called: "demo", key, layers, file, masks, record, notices, authority, tour: true, account };
    runtime::block_on(async {
        let listen = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let debug_shape = DebugShape::Counted;
        let identifiers = file.levels().identifiers().clone();
        let others = sandbox::SandboxConfig::default();
        let sandbox = Sandbox::start(sandbox::SandboxConfig { listen, debug_shape, identifiers, ..others }).await?;
        // The same shop at every start: who looks for the second time, or shows it to others, finds what was there before.
        sandbox.play(Traffic::shop(0)?);
        collecting::show(&sandbox, setting).await
    })?
}
