//! What the machine and its user say, as a value: so that tests are sealed.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use crate::domain::clean;

/// What is known of the process before any file is read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Environment {
    /// Variables of the environment; what is not UTF-8 is left out.
    pub variables: BTreeMap<String, String>,
    /// Where the process was started, absolute.
    pub working_directory: PathBuf,
    /// The user's home directory.
    pub home: Option<PathBuf>,
    /// The machine's time zone, by its name in the IANA database.
    pub system_zone: Option<String>,
}

impl Environment {
    /// The environment of this process.
    pub fn of_process() -> std::io::Result<Self> {
        let variables = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .collect();
        Ok(Self {
            variables,
            working_directory: std::env::current_dir()?,
            home: etcetera::home_dir().ok(),
            system_zone: iana_time_zone::get_timezone().ok(),
        })
    }

    /// The value of a variable; an empty one counts as not set.
    pub(crate) fn variable(&self, name: &str) -> Option<&str> {
        self.variables.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// A base directory of the user: `variable` where it is absolute, as the XDG specification
    /// wants it, else `default` in the home directory. On macOS too: people keep their files
    /// of terminal programs there.
    fn base_directory(&self, variable: &str, default: &str) -> Option<PathBuf> {
        let named = self.variable(variable).map(PathBuf::from).filter(|path| path.is_absolute());
        named.or_else(|| Some(self.home.as_ref()?.join(default)))
    }

    /// Where `program` keeps its configuration, as the XDG specification wants it.
    pub(crate) fn configuration_directory(&self, program: &str) -> Option<PathBuf> {
        Some(self.base_directory("XDG_CONFIG_HOME", ".config")?.join(program))
    }

    /// The user's configuration file.
    pub(crate) fn user_file(&self) -> Option<PathBuf> {
        Some(self.configuration_directory("tminus")?.join("config.toml"))
    }

    /// Where histories are kept unless configured otherwise.
    pub(crate) fn data_directory(&self) -> Option<PathBuf> {
        Some(self.base_directory("XDG_DATA_HOME", ".local/share")?.join("tminus"))
    }

    /// Where logs and reports go.
    pub(crate) fn state_directory(&self) -> Option<PathBuf> {
        Some(self.base_directory("XDG_STATE_HOME", ".local/state")?.join("tminus"))
    }

    /// Where sockets go: gone after the session. The system may have no such place.
    pub(crate) fn runtime_directory(&self) -> Option<PathBuf> {
        let named = self.variable("XDG_RUNTIME_DIR").map(PathBuf::from).filter(|path| path.is_absolute());
        named.map(|path| path.join("tminus"))
    }

    /// `path` as it is shown to a person: from the working directory or the home directory
    /// where it is within them.
    pub fn shown(&self, path: &Path) -> String {
        let home = self.home.as_ref().filter(|home| !home.as_os_str().is_empty());
        let short = if let Ok(inner) = path.strip_prefix(&self.working_directory) {
            if inner.as_os_str().is_empty() { ".".to_owned() } else { inner.display().to_string() }
        } else if let Some(Ok(inner)) = home.map(|home| path.strip_prefix(home)) {
            format!("~/{}", inner.display())
        } else {
            path.display().to_string()
        };
        clean(&short)
    }
}

/// The project that a directory is in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Project {
    /// Its directory.
    pub(crate) root: PathBuf,
    /// Its configuration file, whether it exists or not.
    pub(crate) file: PathBuf,
    /// The git repository that it is in: what contains `.git`, or a bare repository.
    pub(crate) repository: Option<PathBuf>,
}

/// The name of a project's configuration file.
pub(crate) const PROJECT_FILE: &str = ".tminus.toml";

impl Project {
    /// Looks around from `start`, and upwards to the root of the repository (else of the file
    /// system): the nearest directory with a configuration file is the project, else the
    /// repository, else `start`.
    pub(crate) fn around(start: &Path) -> Self {
        let mut configured = None;
        let mut repository = None;
        for directory in start.ancestors() {
            if configured.is_none() && directory.join(PROJECT_FILE).is_file() {
                configured = Some(directory.to_owned());
            }
            if is_repository(directory) {
                repository = Some(directory.to_owned());
                break;
            }
        }
        let root = configured.or_else(|| repository.clone()).unwrap_or_else(|| start.to_owned());
        Self { file: root.join(PROJECT_FILE), root, repository }
    }
}

fn is_repository(directory: &Path) -> bool {
    // A file in work trees and submodules.
    directory.join(".git").exists()
        || (directory.join("HEAD").is_file()
            && directory.join("objects").is_dir()
            && directory.join("refs").is_dir())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directories_follow_the_variables_if_those_are_absolute() {
        let mut environment =
            Environment { home: Some(PathBuf::from("/home/ada")), ..Environment::default() };
        let user_file = |environment: &Environment| environment.user_file().unwrap();
        assert_eq!(user_file(&environment), Path::new("/home/ada/.config/tminus/config.toml"));
        assert_eq!(environment.data_directory().unwrap(), Path::new("/home/ada/.local/share/tminus"));
        assert_eq!(environment.state_directory().unwrap(), Path::new("/home/ada/.local/state/tminus"));
        assert_eq!(environment.runtime_directory(), None);
        for (name, value) in
            [("XDG_CONFIG_HOME", "/etc/ada"), ("XDG_DATA_HOME", "relative"), ("XDG_STATE_HOME", "")]
        {
            environment.variables.insert(name.to_owned(), value.to_owned());
        }
        assert_eq!(user_file(&environment), Path::new("/etc/ada/tminus/config.toml"));
        assert_eq!(environment.data_directory().unwrap(), Path::new("/home/ada/.local/share/tminus"));
        assert_eq!(environment.state_directory().unwrap(), Path::new("/home/ada/.local/state/tminus"));
    }

    #[test]
    #[expect(clippy::disallowed_methods, reason = "a test makes its files")]
    fn a_project_is_found_upwards_but_not_beyond_its_repository() {
        let directory = tempfile::tempdir().unwrap();
        let root = directory.path();
        let deep = root.join("outer/repository/service/source");
        std::fs::create_dir_all(&deep).unwrap();
        let make = |path: &str, text: &str| {
            std::fs::write(root.join(path), text).unwrap();
        };
        make("outer/.tminus.toml", "");
        make("outer/repository/.git", "gitdir: elsewhere");

        let project = Project::around(&deep);
        assert_eq!(project.root, root.join("outer/repository"));
        assert_eq!(project.repository.as_deref(), Some(project.root.as_path()));

        make("outer/repository/service/.tminus.toml", "");
        let project = Project::around(&deep);
        assert_eq!(project.root, root.join("outer/repository/service"));
        assert_eq!(project.repository, Some(root.join("outer/repository")));

        let project = Project::around(&root.join("outer"));
        assert_eq!(project.root, root.join("outer"));
        assert_eq!(project.repository, None);
    }
}
