//! The command line as types. Parsing only records what was said; [`super::context`]
//! resolves it.

use std::path::PathBuf;

use clap::{
    Args, Parser, Subcommand, ValueEnum,
    builder::{PossibleValuesParser, TypedValueParser},
};

use clap_complete::Shell;

use super::history::HistoryCommand;
use crate::{insight::Lens, terminal::ColorChoice};

/// The go/no-go board for software releases, in the terminal.
///
/// Without a command it opens the board of the directory it is started in.
#[derive(Debug, Parser)]
#[command(name = "tminus", version, max_term_width = 100)]
pub struct Arguments {
    /// What applies to every command.
    #[command(flatten)]
    pub common: Common,
    /// What to do; none: open the board.
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// What applies to every command.
#[derive(Clone, Debug, Default, Args)]
pub struct Common {
    /// Configuration file that overrules the user's and the project's.
    #[arg(long, global = true, value_name = "FILE", help_heading = "Common")]
    pub config: Option<PathBuf>,
    /// Look at a simulated organisation: `--demo` or `--demo=seed=7,stories=10000,frozen`.
    #[arg(
        long, global = true, value_name = "SPEC", num_args = 0..=1, require_equals = true,
        default_missing_value = "", help_heading = "Common"
    )]
    pub demo: Option<DemoSpec>,
    /// Where the history lives.
    #[arg(long, global = true, value_name = "DIR", help_heading = "Common")]
    pub data_dir: Option<PathBuf>,
    /// The release to look at: `payments 4.2`, or `4.2` where only one project has it.
    #[arg(long, global = true, value_name = "RELEASE", help_heading = "Common")]
    pub release: Option<String>,
    /// Colours: auto, dark, light, a shipped theme or a file.
    #[arg(long, global = true, value_name = "NAME", help_heading = "Screen")]
    pub theme: Option<String>,
    /// Show the board on a wall: large, panel by panel, without keys but q and ctrl-c.
    #[arg(long, global = true, help_heading = "Screen")]
    pub wall: bool,
    /// With --wall: no key does anything; signals end it.
    #[arg(long, global = true, help_heading = "Screen")]
    pub locked: bool,
    /// The tab to open: readiness, pull-requests, schedule, environments, insights, changes; `status` prints pull-requests by itself.
    #[arg(long, global = true, value_name = "NAME", help_heading = "Screen")]
    pub tab: Option<String>,
    /// How many colours to use.
    #[arg(long, global = true, value_name = "WHEN", value_enum, help_heading = "Screen")]
    pub color: Option<ColorChoice>,
    /// Draw with ASCII characters only.
    #[arg(long, global = true, help_heading = "Screen")]
    pub ascii: bool,
    /// Leave the mouse to the terminal, so that it can select text.
    #[arg(long, global = true, help_heading = "Screen")]
    pub no_mouse: bool,
    /// Change nothing outside: no operations.
    #[arg(long, global = true, help_heading = "Common")]
    pub read_only: bool,
    /// Ask no source: show what was known last.
    #[arg(long, global = true, help_heading = "Common")]
    pub offline: bool,
    /// Look at the past: the board, and what commands print, as of 2026-11-22, "yesterday 14:00", 3h or an instant.
    #[arg(long, global = true, value_name = "TIME", help_heading = "Common")]
    pub as_of: Option<String>,
    /// Test reports (`JUnit` XML) in place of those of the configuration; `-` is the standard input.
    #[arg(long, global = true, value_name = "FILE", help_heading = "Reports")]
    pub junit: Vec<PathBuf>,
    /// Reports of code analyzers (SARIF) in place of those of the configuration; `-` as above.
    #[arg(long, global = true, value_name = "FILE", help_heading = "Reports")]
    pub sarif: Vec<PathBuf>,
    /// Tables of stories in place of those of the configuration; `-` as above.
    #[arg(long, global = true, value_name = "FILE", help_heading = "Reports")]
    pub csv: Vec<PathBuf>,
    /// How long a headless command waits for the sources, in seconds: 60 unless said; `doctor`: 20.
    #[arg(long, global = true, value_name = "SECONDS", help_heading = "Common")]
    pub timeout: Option<u64>,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Open the board on a simulated organisation that moves.
    Demo(DemoArguments),
    /// Print the board.
    Status(StatusArguments),
    /// Ask whether a release may go: exit 0 go, 1 no-go, 3 cannot tell.
    Check(CheckArguments),
    /// Say when a release will be ready, how sure that is, and what it rests on: exit 0 told, 3 cannot
    /// tell.
    ///
    /// Without --release: all releases in the making, in a line each.
    Forecast(ForecastArguments),
    /// Say what changed between two instants.
    Diff(DiffArguments),
    /// Say what is new, a sentence for each, for a chat or a mail; nothing if nothing is.
    Announce(AnnounceArguments),
    /// Look back on a release that ended: planned, forecast and actual, and what was late and why.
    Recap(RecapArguments),
    /// Print what goes out when, and what stands in its way; also for a calendar program.
    Schedule(ScheduleArguments),
    /// Say who has which environment when, what that costs, and which versions are where.
    Environments(EnvironmentsArguments),
    /// Say what the accumulated data teaches: one card for each question.
    Insights(InsightsArguments),
    /// Write the whole board as one page, for those who have no terminal.
    Report(ReportArguments),
    /// Say where a story, pull request or commit is and what carries it on, with why; or what a
    /// deployment brings where it goes.
    Trace(TraceArguments),
    /// Ask the sources and keep the history without a screen, for all who look at the board.
    Serve,
    /// Score forecasts against releases that ended.
    Backtest(BacktestArguments),
    /// Write a configuration file for what is found here: repository, forge, reports, plan.
    Init(InitArguments),
    /// Say of every source and of this machine what works, what does not, and what to do.
    ///
    /// Exit 0: all that is in use works. Exit 1: something does not.
    Doctor(DoctorArguments),
    /// List the themes, with their colours, and which one applies and why; or tell all of one.
    Themes(ThemesArguments),
    /// Show which configuration applies, and whether it is right.
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Look through the stored past, move it to another place, or check it.
    #[command(subcommand)]
    History(HistoryCommand),
    /// Print what completes the command line in a shell: `source <(tminus completions bash)`.
    Completions(CompletionsArguments),
    /// Print a manual page: `tminus man | man -l -`; or write those of all commands.
    Man(ManArguments),
}

/// The simulated organisation.
#[derive(Clone, Debug, Default, Args)]
pub struct DemoArguments {
    /// Another seed is another organisation.
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,
    /// Stories of the release on screen.
    #[arg(long, value_name = "N")]
    pub stories: Option<usize>,
    /// Pull requests of the release on screen.
    #[arg(long, value_name = "N")]
    pub pull_requests: Option<usize>,
    /// Let time stand still, at the same instant every time.
    #[arg(long)]
    pub frozen: bool,
}

/// `--demo=seed=7,stories=10000,pull-requests=300,frozen`.
#[derive(Clone, Debug, Default)]
pub struct DemoSpec(pub DemoArguments);

impl std::str::FromStr for DemoSpec {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut demo = DemoArguments::default();
        for part in text.split(',').map(str::trim).filter(|part| !part.is_empty()) {
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            let number =
                || value.parse().map_err(|_| format!("`{name}` needs a whole number, not `{value}`"));
            match name {
                "seed" => demo.seed = Some(number()?),
                "stories" => demo.stories = Some(number()? as usize),
                "pull-requests" => demo.pull_requests = Some(number()? as usize),
                "frozen" => demo.frozen = true,
                _ => return Err(format!("no `{name}` here: seed=N, stories=N, pull-requests=N, frozen")),
            }
        }
        Ok(Self(demo))
    }
}

/// What to print.
#[derive(Debug, Args)]
pub struct StatusArguments {
    /// What if: `leave-out=KEY`, `target=+3d`, `target=2026-12-01`, `freeze-scope`; again for
    /// more. Prints the board as it would be, and says so.
    #[arg(long, value_name = "CHANGE")]
    pub what_if: Vec<String>,
    /// For people, for programs, or for a page.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub format: Format,
}

/// What to ask.
#[derive(Debug, Args)]
pub struct CheckArguments {
    /// Refused with a reason: a pipeline asks about what is.
    #[arg(long, hide = true, value_name = "CHANGE")]
    pub what_if: Vec<String>,
    /// Ask whether it will be ready by its target, not whether it may go now.
    #[arg(long)]
    pub outlook: bool,
    /// For people, for programs, or for a page.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub format: Format,
}

/// How to print forecasts.
#[derive(Debug, Args)]
pub struct ForecastArguments {
    /// For people, for programs, or for a page.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub format: Format,
}

/// What to compare.
#[derive(Debug, Args)]
pub struct DiffArguments {
    /// The earlier instant: 2026-11-22, "2026-11-22 14:00", yesterday, 3h, 2d, 1w; or
    /// last-release: the release against the one before it, as far from its target.
    #[arg(long, value_name = "TIME", default_value = "1d")]
    pub since: String,
    /// The later instant; not given: now, after the sources were asked.
    #[arg(long, value_name = "TIME")]
    pub until: Option<String>,
    /// For people, for programs, or for a chat message.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub format: Format,
}

/// What to announce.
#[derive(Debug, Args)]
pub struct AnnounceArguments {
    /// What changed since then: 2026-11-22, "2026-11-22 14:00", yesterday, 3h, 2d, 1w; not given: since
    /// it was last announced to you (with --release: of that release), which is kept.
    #[arg(long, value_name = "TIME")]
    pub since: Option<String>,
    /// For people, for programs, or for a chat message.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub format: Format,
}

/// What to look back on: `--release`.
#[derive(Debug, Args)]
pub struct RecapArguments {
    /// For people, for programs, or for a page.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub format: Format,
}

/// How to print what is planned.
#[derive(Debug, Args)]
pub struct ScheduleArguments {
    /// For people, for programs, for a page, or for a calendar program.
    #[arg(long, value_enum, default_value_t = ScheduleFormat::Text)]
    pub format: ScheduleFormat,
}

/// How to print environments.
#[derive(Debug, Args)]
pub struct EnvironmentsArguments {
    /// For people, for programs, or for a page.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub format: Format,
}

/// Which cards.
#[derive(Debug, Args)]
pub struct InsightsArguments {
    /// Cards by name, such as `stories-per-release`; none: all.
    #[arg(value_name = "CARD")]
    pub cards: Vec<String>,
    /// For people, for programs, or for a page.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub format: Format,
    /// For whom: which cards, and how deep.
    #[arg(long, value_name = "READER", default_value = Lens::All.name(), value_parser = lens())]
    pub lens: Lens,
}

/// What to write, and for whom.
#[derive(Debug, Args)]
pub struct ReportArguments {
    /// A page for a browser, or Markdown.
    #[arg(long, value_enum, default_value_t = ReportFormat::Html)]
    pub format: ReportFormat,
    /// Where to write it; none: the standard output.
    #[arg(long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// For whom: which parts, and how deep.
    #[arg(long, value_name = "READER", default_value = Lens::All.name(), value_parser = lens())]
    pub lens: Lens,
}

/// Reads the name of a lens.
fn lens() -> impl TypedValueParser<Value = Lens> {
    PossibleValuesParser::new(Lens::ALL.map(Lens::name))
        .try_map(|name| Lens::named(&name).ok_or("no such reader"))
}

/// What to trace.
#[derive(Debug, Args)]
pub struct TraceArguments {
    /// A story (PAY-311), a pull request (`api#812`, #812 or its merge commit), a deployment, a
    /// release, or a release and where it would go: "payments 4.2 → staging" (`->` is fine, too).
    #[arg(value_name = "KEY")]
    pub what: String,
    /// For people, for programs, or for a page.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub format: Format,
}

/// What to score.
#[derive(Debug, Args)]
pub struct BacktestArguments {
    /// CSV with the columns project, `release_id`, `item_id`, `created_at`, `done_at`, `release_date`.
    #[arg(long, value_name = "FILE")]
    pub items: PathBuf,
    /// How an item counts: from its creation on, or all from the start.
    #[arg(long, value_enum)]
    pub scope: ScopeChoice,
    /// For people or for programs.
    #[arg(long, value_enum, default_value_t = TableFormat::Text)]
    pub format: TableFormat,
}

/// How to write a configuration file.
#[derive(Debug, Args)]
pub struct InitArguments {
    /// Replace a file that is there.
    #[arg(long)]
    pub force: bool,
    /// Print the file in place of writing it.
    #[arg(long)]
    pub print: bool,
}

/// Which theme.
#[derive(Debug, Args)]
pub struct ThemesArguments {
    /// A shipped theme, one of your own, or a file; none: list them.
    #[arg(value_name = "NAME")]
    pub name: Option<String>,
}

/// What to say about what works.
#[derive(Debug, Args)]
pub struct DoctorArguments {
    /// For people or for programs.
    #[arg(long, value_enum, default_value_t = TableFormat::Text)]
    pub format: TableFormat,
}

/// How the scope of past releases is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ScopeChoice {
    /// An item is in scope from its creation.
    Emerging,
    /// All items are in scope from the start.
    Fixed,
}

/// How a table is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum TableFormat {
    /// Columns.
    Text,
    /// One JSON object.
    Json,
}

/// How an answer is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// Lines for people.
    Text,
    /// One JSON object with a `schema_version`.
    Json,
    /// For a page or a chat message.
    Markdown,
}

/// How a schedule is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ScheduleFormat {
    /// Lines for people.
    Text,
    /// One JSON object with a `schema_version`.
    Json,
    /// For a page or a chat message.
    Markdown,
    /// `iCalendar`, for a calendar program.
    Ics,
}

/// How a report is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ReportFormat {
    /// One page with everything in it: no script, nothing loaded.
    Html,
    /// For a page or a chat message.
    Markdown,
}

/// For which shell.
#[derive(Debug, Args)]
pub struct CompletionsArguments {
    /// The shell.
    #[arg(value_name = "SHELL", value_enum)]
    pub shell: Shell,
}

/// Which manual page.
#[derive(Debug, Args)]
pub struct ManArguments {
    /// The page of a command, such as `history list`; none: that of tminus itself.
    #[arg(value_name = "COMMAND", conflicts_with = "out")]
    pub command: Vec<String>,
    /// Write the pages of all commands into a directory that exists.
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
}

/// Which configuration applies.
#[derive(Debug, Subcommand)]
pub enum ConfigCommand {
    /// The files that are looked for, and which are there.
    Path,
    /// Every setting with the place it comes from.
    Print,
    /// Say what is wrong, if anything; exit 2 then.
    Check,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_definition_is_sound() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn a_demo_can_be_asked_for_everywhere() {
        for (line, stories, frozen) in [
            ("tminus status --demo", None, false),
            ("tminus --demo=stories=10000,frozen status", Some(10_000), true),
            ("tminus check --release x --demo=frozen", None, true),
        ] {
            let arguments = Arguments::try_parse_from(line.split(' ')).unwrap();
            let demo = arguments.common.demo.unwrap().0;
            assert_eq!((demo.stories, demo.frozen), (stories, frozen), "{line}");
        }
        assert!(Arguments::try_parse_from(["tminus", "--demo=sories=3"]).is_err());
        assert!(Arguments::try_parse_from(["tminus", "--demo=stories=many"]).is_err());
    }
}
