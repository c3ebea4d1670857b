//! What this process shows, and where: so that several of them show one board.

use std::{path::PathBuf, sync::Arc};

use crate::{
    domain::{Problem, Text},
    refresh::Deriver,
    server::{Identity, MakeSources, Place, SessionSetup},
};

use super::{
    Failure,
    args::{Common, Format},
    context::Context,
    headless, status,
};

/// A session of the context's board, with these sources where it becomes the owner.
pub(super) fn setup(context: &Context, common: &Common, sources: MakeSources) -> SessionSetup {
    let place =
        context.directory.clone().map(|directory| Place { directory, sockets: socket_directories(context) });
    let storage = headless::storage(context.directory.as_deref().unwrap_or(&PathBuf::new()), context, common);
    SessionSetup {
        deriver: Deriver {
            title: context.title.clone(),
            policy: Arc::clone(&context.policy),
            learned: Arc::default(),
        },
        clock: context.clock,
        identity: identity(context, common),
        place,
        sources,
        storage,
        preview: None,
        focus: headless::focus(common, None),
        status: |board| status::render(board, None, Format::Json, board.at),
        lock: None,
    }
}

/// Sources for a session that may become the owner again and again.
pub(super) fn again(context: Arc<Context>, common: &Common) -> MakeSources {
    let common = common.clone();
    Box::new(move || {
        headless::sources(&context, &common).map_err(|failure| match failure {
            Failure::Usage(message) => {
                let (what, next_step) = message.split_once('\n').unwrap_or((&message, ""));
                Problem::new(what, next_step)
            }
            Failure::Broken(report) => Problem::new(format!("{report:#}"), "look into the log"),
        })
    })
}

/// What the process shows. Rules (gates, working days, theme) are each one's own: a viewer
/// judges the same facts by its configuration.
fn identity(context: &Context, common: &Common) -> Identity {
    let version = Text::new(env!("CARGO_PKG_VERSION"));
    let is_offline = common.offline && !context.is_demo();
    Identity { version, sources: sources(context), is_offline }
}

/// One line for each source: what it reads.
fn sources(context: &Context) -> Vec<Text> {
    let connectors = context.connectors().into_iter().filter(|connector| connector.source.is_some());
    connectors.map(|connector| Text::new(format!("{} {}", connector.name, connector.about))).collect()
}

/// Where a socket may be: where the system has a place for such, beside the log, or in the
/// directory of temporary files, where a path is short.
fn socket_directories(context: &Context) -> Vec<PathBuf> {
    let config = &context.config;
    let user = rustix::process::getuid().as_raw();
    let others = [config.state_dir.join("run"), std::env::temp_dir().join(format!("tminus-{user}"))];
    config.runtime_dir.iter().cloned().chain(others).collect()
}
