//! Typed names of things, so that a story's key is never taken for a release's name.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::Text;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Text);

        impl $name {
            /// Cleans `raw` like every text from outside.
            pub fn new(raw: impl AsRef<str>) -> Self {
                Self(Text::new(raw))
            }

            /// The name as it is shown.
            pub fn as_str(&self) -> &str {
                self.0.as_str()
            }

            /// The name as a text.
            pub fn text(&self) -> &Text {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(formatter)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Debug::fmt(&self.0, formatter)
            }
        }

        impl From<&str> for $name {
            fn from(raw: &str) -> Self {
                Self::new(raw)
            }
        }
    };
}

id!(
    /// A configured source: `git`, `plan`, `demo`.
    SourceId
);
id!(
    /// A release: project and version, `payments 4.2`.
    ReleaseId
);
id!(
    /// A story or defect in its tracker: `PAY-311`.
    StoryKey
);
id!(
    /// A pull request: repository and number, `api#812`; a branch without one, `api:fix-tls`.
    PullRequestId
);
id!(
    /// A finding of a code analyzer: repository and number, `api!17`.
    FindingId
);
id!(
    /// The build of a branch: repository and branch, `api@main`.
    BuildId
);
id!(
    /// A deployment, planned or done.
    DeploymentId
);
id!(
    /// An environment: `production/eu`, `staging`.
    EnvironmentId
);
id!(
    /// A booking of an environment.
    BookingId
);

impl SourceId {
    /// What the store of the past is called among the sources.
    pub fn history() -> Self {
        Self::new("history")
    }
}

impl BuildId {
    /// The identity of the build of `branch` in `repository`.
    pub fn of(repository: &str, branch: &str) -> Self {
        Self::new(format!("{repository}@{branch}"))
    }
}

impl ReleaseId {
    /// The identity of `version` of `project`; two sources that name both alike speak of the
    /// same release.
    pub fn of(project: &str, version: &str) -> Self {
        Self::new(format!("{project} {version}"))
    }
}
