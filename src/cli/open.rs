//! `tminus` and `tminus demo`: the board on the screen.

use std::{io::IsTerminal as _, process::ExitCode, sync::Arc};

use crate::{
    app::{Checkout, Desk, KeyMap, Options, OwnCommands, PullRequestSection, State, Tab, WallOptions},
    clock::Clock,
    domain::Text,
    history,
    runtime::{self, Edge, OperationLog, SectionStore, Wiring},
    server::{Session, SessionSetup},
    source::{
        git, home,
        operation::{HandsOff, Operators},
        reading::Readers,
    },
    terminal::{self, Capabilities, Surroundings, Unusable},
};

use super::{Failure, args::Common, as_of, context::Context, headless, log, looks, say, sharing};

/// Opens the board; returns when somebody quits. Everything that can be wrong with usage,
/// configuration or terminal is said before the screen opens.
pub(super) fn run(context: Context, common: &Common) -> Result<ExitCode, Failure> {
    let variable = |name: &str| std::env::var(name).ok();
    if let Err(unusable) =
        Unusable::check(std::io::stdin().is_terminal(), std::io::stdout().is_terminal(), variable)
    {
        return Err(Failure::Usage(say(&unusable.problem())));
    }
    let mut options = options(&context, common)?;
    options.last_visit = context.directory.as_deref().and_then(history::last_visit);
    options.user = user(variable);
    if common.locked && !common.wall {
        return Err(Failure::Usage("--locked is for a wall: add --wall".into()));
    }
    if common.wall && common.as_of.is_some() {
        return Err(Failure::Usage("a wall shows what is now: leave --as-of or --wall out".into()));
    }
    options.wall =
        common.wall.then(|| WallOptions { locked: common.locked, settings: context.config.wall.clone() });
    if let Some(written) = &common.as_of {
        if context.directory.is_none() {
            return Err(Failure::Usage("the demo keeps no history: give it a place with --data-dir".into()));
        }
        options.as_of = Some(as_of::instant("--as-of", written, &context)?);
    }
    // Wrong ones are said before the screen opens. Whoever owns the board: what this user
    // changes is changed with this user's credentials.
    // A wall changes nothing: nobody stands in front of it.
    let hands_off = (context.config.read_only || common.wall).then_some(HandsOff::ReadOnly);
    options.read_only = hands_off.is_some();
    options.clock_stands = matches!(context.clock, Clock::Frozen(_));
    let sources = headless::sources(&context, common)?;
    options.operators = Operators::of(&sources, hands_off);
    if !common.offline {
        options.readers = Readers::of(&sources);
    }
    drop(sources);
    let around = Surroundings::detect(cfg!(target_os = "macos"), variable);
    options.desk = desk(&context, &options.keys, around)?;
    let edge = Edge {
        around,
        browser: variable("BROWSER"),
        editor: editor(variable),
        private: context.config.runtime_dir.clone(),
        directory: context.config.root.clone(),
        log: Some(context.config.state_dir.join("commands.log")),
        data: Some(context.config.data_dir.clone()),
        notify: Arc::new(context.config.notify.clone()),
    };
    let capabilities = Capabilities::detect(common.color.unwrap_or_default(), context.config.ascii, variable);
    let themes = looks::own_directory(&context.config);
    let looks = looks::choose(&context.config, themes.as_deref(), capabilities, variable)
        .map_err(|problem| Failure::Usage(say(&problem)))?;
    log::start(&context.config.state_dir);
    let clock = context.clock;
    terminal::report_panics(
        context.config.state_dir.join("reports"),
        move || clock.now(),
        history::owns_panic,
    );
    let context = Arc::new(context);
    let is_wall = common.wall;
    let mouse = context.config.mouse && !common.wall;
    let sections = SectionStore::new(context.directory.as_deref());
    let configured = context.config.sections.iter();
    options.sections = configured
        .map(|section| PullRequestSection { name: section.name.clone(), query: section.query.clone() })
        .collect();
    options.saved_sections = sections.read().map_err(|problem| Failure::Usage(say(&problem)))?;
    let operation_log = OperationLog::new(&context.config.state_dir);
    let preview = context.directory.as_deref().and_then(headless::preview);
    let focus = headless::focus(common, preview.as_ref());
    let setup = sharing::setup(&context, common, sharing::again(Arc::clone(&context), common));
    let setup = SessionSetup { preview, focus, ..setup };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let code = runtime.block_on(async {
        let session = Session::start(setup).await.map_err(|problem| Failure::Usage(say(&problem)))?;
        let (screen, input) = terminal::open(mouse)?;
        let state = State::new(session.board(), options, clock.now());
        let wiring = Wiring {
            screen,
            input,
            boards: session.boards(),
            session: session.handle(),
            archive: session.archive(),
            operation_log,
            edge,
            sections,
            looks,
            clock,
        };
        let code = Box::pin(runtime::run(wiring, state)).await;
        // A wall is no visit of anybody.
        if !is_wall
            && let Some(directory) = context.directory.as_deref()
            && let Err(error) = history::keep_visit(directory, clock.now())
        {
            tracing::warn!(%error, "the visit was not kept");
        }
        session.stop().await;
        Ok::<i32, Failure>(code)
    })?;
    // The terminal is given back, the store is closed: what is in memory need not be taken
    // apart, which takes long with many items, and a source that hangs holds up nobody.
    std::process::exit(code)
}

/// What the user of this process is called, for what is said to others.
fn user(variable: impl Fn(&str) -> Option<String>) -> Text {
    let name =
        ["USER", "LOGNAME"].into_iter().find_map(|name| variable(name).filter(|name| !name.is_empty()));
    Text::new(name.unwrap_or_else(|| format!("user {}", rustix::process::getuid().as_raw())))
}

/// What is around the board, and what is configured of it.
fn desk(context: &Context, keys: &KeyMap, around: Surroundings) -> Result<Desk, Failure> {
    let config = &context.config;
    let commands =
        OwnCommands::new(&config.commands, keys).map_err(|problems| Failure::Usage(problems.join("\n")))?;
    let checkout =
        config.git.as_ref().zip(config.checkout_directory.as_ref()).and_then(|(git, directory)| {
            let home = home::find(&git::remotes(&git.path), &config.hosts).ok()?;
            Some(Arc::new(Checkout {
                repository: git.path.clone(),
                directory: directory.clone(),
                host: home.host,
                path: home.path,
                remote: home.remote,
            }))
        });
    Ok(Desk {
        links: around.links,
        browser: around.has_display || std::env::var_os("BROWSER").is_some(),
        editor: !editor(|name| std::env::var(name).ok()).is_empty(),
        commands: Arc::new(commands),
        checkout,
        notify: Arc::new(config.notify.clone()),
        ..Desk::default()
    })
}

/// The editor that the user has set, as words.
fn editor(variable: impl Fn(&str) -> Option<String>) -> Vec<String> {
    let set = ["VISUAL", "EDITOR"].into_iter().filter_map(variable).find(|set| !set.trim().is_empty());
    set.unwrap_or_default().split_whitespace().map(str::to_owned).collect()
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
    let lens = context.config.lens;
    Ok(Options { release: common.release.clone(), tab, keys, lens, ..Options::default() })
}
