//! `tminus` and `tminus demo`: the board on the screen.

use std::{io::IsTerminal as _, process::ExitCode, sync::Arc, time::Duration};

use crate::{
    app::{KeyMap, Options, State, Tab},
    config::Layer,
    domain::Problem,
    history::{self, LockError, OwnerLock},
    refresh::{Refresher, Setup},
    runtime::{self, Wiring},
    terminal::{self, Capabilities, Unusable},
};

use super::{EXIT_USAGE, Failure, args::Common, complain, context::Context, headless, log, looks};

/// How long the sources and the store may take to end after the screen is gone.
const END_WITHIN: Duration = Duration::from_secs(2);

/// Opens the board; returns when somebody quits. Everything that can be wrong with usage,
/// configuration or terminal is said before the screen opens.
pub(super) fn run(context: &Context, common: &Common) -> Result<ExitCode, Failure> {
    let variable = |name: &str| std::env::var(name).ok();
    if let Err(unusable) =
        Unusable::check(std::io::stdin().is_terminal(), std::io::stdout().is_terminal(), variable)
    {
        return Err(Failure::Usage(say(&unusable.problem())));
    }
    let mut options = options(context, common)?;
    options.last_visit = context.directory.as_deref().and_then(history::last_visit);
    let sources = headless::sources(context, common)?;
    let capabilities = Capabilities::detect(common.color.unwrap_or_default(), context.config.ascii, variable);
    let themes = context.config.layers.files.iter().find(|file| file.layer == Layer::User);
    let themes = themes.and_then(|file| Some(file.path.parent()?.join("themes")));
    let looks = looks::choose(&context.config, themes.as_deref(), capabilities, variable)
        .map_err(|problem| Failure::Usage(say(&problem)))?;
    let now = context.clock.now();
    let lock = match context.directory.as_deref().map(|directory| OwnerLock::acquire(directory, now)) {
        Some(Err(error @ LockError::Held { .. })) => {
            complain(&format!(
                "{}\nThis one does not open a second screen. `tminus status` prints the same board.",
                say(&error.problem())
            ));
            return Ok(ExitCode::from(EXIT_USAGE));
        }
        // Without a place to keep it the board has no past, and says so; it works all the same.
        Some(Err(error)) => Some(Err(headless::no_storage(&error))),
        Some(Ok(lock)) => Some(Ok(lock)),
        None => None,
    };
    log::start(&context.config.state_dir);
    let clock = context.clock;
    terminal::report_panics(
        context.config.state_dir.join("reports"),
        move || clock.now(),
        history::owns_panic,
    );

    let preview = context.directory.as_deref().and_then(headless::preview);
    let focus = headless::focus(common, preview.as_ref());
    let (lock, storage) = match (lock, context.directory.as_deref()) {
        (Some(Ok(lock)), Some(directory)) => {
            (Some(lock), Some(headless::storage(directory, context, common)))
        }
        (Some(Err(storage)), _) => (None, Some(storage)),
        _ => (None, None),
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let code = runtime.block_on(async {
        let (screen, input) = terminal::open(context.config.mouse)?;
        let refresher = Refresher::start(Setup {
            title: context.title.clone(),
            policy: Arc::clone(&context.policy),
            clock,
            sources,
            storage,
            preview,
            focus,
        });
        let state = State::new(refresher.board(), options, clock.now());
        let wiring = Wiring {
            screen,
            input,
            boards: refresher.boards(),
            asker: refresher.asker(),
            archive: refresher.archive(),
            looks,
            clock,
        };
        let code = runtime::run(wiring, state).await;
        if let Some(directory) = lock.as_ref().and(context.directory.as_deref())
            && let Err(error) = history::keep_visit(directory, clock.now())
        {
            tracing::warn!(%error, "the visit was not kept");
        }
        // What was said is on disk already; a source that hangs is not waited for.
        drop(tokio::time::timeout(END_WITHIN, refresher.stop()).await);
        Ok::<i32, Failure>(code)
    })?;
    drop(lock);
    // The terminal is given back, the store is closed: what is in memory need not be taken
    // apart, which takes long with many items, and a source that hangs holds up nobody.
    std::process::exit(code)
}

fn options(context: &Context, common: &Common) -> Result<Options, Failure> {
    let tab = match common.tab.as_deref() {
        None => None,
        Some(name) => Some(Tab::named(name).ok_or_else(|| {
            let known: Vec<_> = Tab::ALL.iter().map(|tab| tab.name()).collect();
            Failure::Usage(format!("no tab `{name}`; there are {}", known.join(", ")))
        })?),
    };
    let keys = KeyMap::with_overrides(&context.config.keys).map_err(|problems| {
        let lines: Vec<_> = problems.iter().map(ToString::to_string).collect();
        Failure::Usage(lines.join("\n"))
    })?;
    Ok(Options { release: common.release.clone(), tab, keys, ..Options::default() })
}

fn say(problem: &Problem) -> String {
    format!("{}\n{}", problem.what, problem.next_step)
}
