//! What this process shows, and where: so that several of them show one board.

use std::{path::PathBuf, sync::Arc};

use sha2::{Digest, Sha256};

use crate::{
    config::{Effective, Layer},
    domain::{Problem, Text},
    refresh::Deriver,
    server::{Identity, MakeSources, Place, SessionSetup},
};

use super::{
    Failure,
    args::{Common, Format},
    connectors::Connector,
    context::Context,
    headless, schedule, status,
};

/// Settings of a source that say how it is asked, not what it reads.
const OF_ACCESS: [&str; 9] = [
    "enabled",
    "interval",
    "token_env",
    "token_command",
    "token_file",
    "keyring",
    "trusted_hosts",
    "ca_file",
    "proxy",
];

/// A session of the context's board, with these sources where it becomes the owner.
pub(super) fn setup(context: &Context, common: &Common, sources: MakeSources) -> SessionSetup {
    let place = context.directory.clone().map(|directory| Place {
        directory,
        sockets: socket_directories(context),
        group: context.config.serve_group.clone(),
    });
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
        schedule: schedule::calendar,
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

/// One line for each source: what it reads, and a digest of what its settings select besides: a
/// line for people names a few repositories only, and no query.
fn sources(context: &Context) -> Vec<Text> {
    let connectors = context.connectors().into_iter().filter(|connector| connector.source.is_some());
    let line = |Connector { name, about, .. }: Connector| {
        let selection = selection(&context.config.layers.settings, &name);
        Text::new(format!("{name} {about}{selection}"))
    };
    connectors.map(line).collect()
}

/// `, settings 3fa9c1`; nothing where all settings that matter are the usual ones.
fn selection(settings: &[Effective], connector: &str) -> String {
    let table = format!("source.{connector}.");
    let mut digest = Sha256::new();
    let mut is_usual = true;
    for Effective { key, value, origin } in settings {
        let is_its =
            *key == "project" || key.strip_prefix(&table).is_some_and(|key| !OF_ACCESS.contains(&key));
        let Some(value) = value.as_ref().filter(|_| is_its && origin.layer() != Layer::Default) else {
            continue;
        };
        is_usual = false;
        // A line each: neither keys nor values as TOML have a line's end.
        digest.update(format!("{key} = {value}\n"));
    }
    if is_usual {
        return String::new();
    }
    let short = digest.finalize().iter().take(3).fold(0_u32, |number, byte| number << 8 | u32::from(*byte));
    format!(", settings {short:06x}")
}

/// Where a socket may be: where the system has a place for such, beside the log, or in the
/// directory of temporary files, where a path is short.
fn socket_directories(context: &Context) -> Vec<PathBuf> {
    let config = &context.config;
    let user = rustix::process::getuid().as_raw();
    let others = [config.state_dir.join("run"), std::env::temp_dir().join(format!("tminus-{user}"))];
    config.runtime_dir.iter().cloned().chain(others).collect()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use crate::{
        cli::args::Common,
        config::{self, Environment, Flags},
    };

    use super::*;

    fn shown_by(root: &Path, settings: &str) -> Vec<Text> {
        let path = root.join("settings.toml");
        #[expect(clippy::disallowed_methods, reason = "a test makes its files")]
        std::fs::write(&path, settings).unwrap();
        let environment = Environment {
            working_directory: root.to_owned(),
            home: Some("/nowhere".into()),
            ..Environment::default()
        };
        let flags = Flags { config: Some(path), ..Flags::default() };
        let config = config::load(&environment, &flags).unwrap();
        sources(&Context::of(config, &Common::default(), None).unwrap())
    }

    #[test]
    fn who_reads_something_else_is_told_apart_however_little_a_line_says() {
        let root = tempfile::tempdir().unwrap();
        let four = |last: &str, more: &str| {
            let names = format!(r#"["a/a", "a/b", "a/c", "a/{last}"]"#);
            shown_by(root.path(), &format!("[source.github]\nrepositories = {names}\n{more}"))
        };
        let jira = |jql: &str| {
            let site = "site = \"https://example.atlassian.net\"";
            shown_by(root.path(), &format!("[source.jira]\n{site}\njql = \"{jql}\""))
        };
        let usual = four("d", "");
        assert!(usual[0].contains("reads a/a, a/b, a/c and 1 more at github.com, settings "), "{usual:?}");
        assert_ne!(usual, four("e", ""));
        assert_ne!(usual, four("d", "search = [\"label:urgent\"]"));
        assert_eq!(
            usual,
            four("d", "interval = \"5m\"\ntoken_env = \"MINE\""),
            "how it is asked is one's own"
        );
        assert_ne!(jira("project = A"), jira("project = B"));
        assert_eq!(jira("project = A"), jira("project = A"));
    }
}
