//! Which repositories a round asks, and in which order: what is on screen stays fresh when not
//! everything can.

use super::settings::GithubRepository;
use crate::domain::ReleaseId;

/// A repository that is not on screen is asked at least every so many rounds.
const RAREST: u64 = 4;

/// Which of `repositories` the release that somebody looks at is of: all whose releases are of
/// its project. A project may be called like the beginning of another: the longest one counts.
pub(super) fn focused(repositories: &[GithubRepository], focus: Option<&ReleaseId>) -> Vec<bool> {
    let length = |repository: &GithubRepository| {
        let project = repository.project();
        let rest = focus?.as_str().strip_prefix(project)?;
        rest.starts_with(' ').then_some(project.len())
    };
    let longest = repositories.iter().filter_map(length).max();
    repositories.iter().map(|repository| longest.is_some() && length(repository) == longest).collect()
}

/// The repositories to ask in round number `round`, the ones on screen first.
///
/// `focused` says of each whether it is on screen, `known` whether it was read before.
/// `stretch` is how many times longer than wanted the pause between rounds must be for the
/// budget to last: while it is two or more, those not on screen are asked every second round
/// only, from four on every fourth. Without anything on screen all are equal.
pub(super) fn asked(focused: &[bool], known: &[bool], stretch: f64, round: u64) -> Vec<usize> {
    let every = match stretch {
        _ if !focused.contains(&true) => 1,
        stretch if stretch >= 4.0 => RAREST,
        stretch if stretch >= 2.0 => 2,
        _ => 1,
    };
    let is_due = |index: usize| !known[index] || (round + index as u64).is_multiple_of(every);
    let (first, others): (Vec<usize>, Vec<usize>) = (0..focused.len()).partition(|index| focused[*index]);
    first.into_iter().chain(others.into_iter().filter(|index| is_due(*index))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_on_screen_comes_first_and_the_rest_less_often_when_the_budget_is_tight() {
        let (on, off) = (true, false);
        for (focused, known, stretch, round, expected) in [
            (&[off, off, off][..], &[on, on, on][..], 1.0, 1, &[0, 1, 2][..]),
            (&[off, on, off], &[on, on, on], 1.0, 1, &[1, 0, 2]),
            (&[off, on, off], &[on, on, on], 1.9, 1, &[1, 0, 2]),
            (&[off, on, off], &[on, on, on], 2.0, 0, &[1, 0, 2]),
            (&[off, on, off], &[on, on, on], 2.0, 1, &[1]),
            (&[off, on, off, off], &[on, on, on, on], 3.9, 1, &[1, 3]),
            (&[off, on, off, off], &[on, on, on, on], 4.0, 1, &[1, 3]),
            (&[off, on, off, off], &[on, on, on, on], 60.0, 3, &[1]),
            (&[off, on, off, off], &[on, on, on, on], f64::INFINITY, 4, &[1, 0]),
            (&[off, off, off], &[on, on, on], 60.0, 1, &[0, 1, 2]),
            (&[on, off, off], &[on, off, on], 60.0, 1, &[0, 1]),
            (&[on, on], &[on, on], 60.0, 1, &[0, 1]),
            (&[], &[], 60.0, 1, &[]),
        ] {
            assert_eq!(asked(focused, known, stretch, round), expected, "{focused:?} {stretch} {round}");
        }
        let rounds = (7..7 + RAREST).map(|round| asked(&[true, false, false], &[true; 3], 9.0, round));
        let all: Vec<usize> = rounds.flatten().collect();
        for index in 0..3 {
            assert!(all.contains(&index), "{index} is asked within {RAREST} rounds: {all:?}");
        }
    }

    #[test]
    fn a_release_is_of_the_repositories_of_its_project() {
        let repository = |name: &str, project: Option<&str>| GithubRepository {
            owner: "o".into(),
            name: name.into(),
            project: project.map(str::to_owned),
        };
        let all = [repository("pay", None), repository("pay core", None), repository("web", Some("pay"))];
        for (focus, expected) in [
            (Some("pay 4.2"), [true, false, true]),
            (Some("pay core 4.2"), [false, true, false]),
            (Some("payments 4.2"), [false; 3]),
            (Some("web 4.2"), [false; 3]),
            (None, [false; 3]),
        ] {
            let focus = focus.map(ReleaseId::new);
            assert_eq!(focused(&all, focus.as_ref()), expected, "{focus:?}");
        }
    }
}
