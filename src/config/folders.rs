use std::path::PathBuf;

use etcetera::BaseStrategy;

/// The folder of the program within a folder for all programs.
const OWN: &str = "clickscope";

/// Where the user's settings stand: `$XDG_CONFIG_HOME/clickscope`, else `~/.config/clickscope`; `None` when the system
/// names no home.
pub fn config_folder() -> Option<PathBuf> {
    Some(etcetera::choose_base_strategy().ok()?.config_dir().join(OWN))
}

/// Where the sessions of profiles with `record = "auto"` are recorded.
pub fn tapes_folder() -> Option<PathBuf> {
    Some(state_folder()?.join("tapes"))
}

/// Where the program keeps what it would be a pity to lose: `$XDG_STATE_HOME/clickscope`, else
/// `~/.local/state/clickscope`.
pub fn state_folder() -> Option<PathBuf> {
    let strategy = etcetera::choose_base_strategy().ok()?;
    Some(strategy.state_dir().unwrap_or_else(|| strategy.data_dir()).join(OWN))
}
