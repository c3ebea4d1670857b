//! Which repositories of a forge a round asks, and in which order: what is on screen stays fresh when
//! not everything can.

use std::time::Duration;

use crate::domain::ReleaseId;

/// A repository that is not on screen is asked at least every so many rounds.
const RAREST: u64 = 4;

/// How a source shares its attention between rounds.
#[derive(Clone, Copy, Debug)]
pub(super) struct Attention {
    /// How many times longer than wanted the last pause between rounds had to be.
    stretch: f64,
    /// How many rounds there were.
    rounds: u64,
}

impl Default for Attention {
    fn default() -> Self {
        Self { stretch: 1.0, rounds: 0 }
    }
}

impl Attention {
    /// Begins a round: which repositories to ask, in this order. `projects` are those that their
    /// releases are of; `known` says of each whether it was read before; `focus` is the release that
    /// somebody looks at.
    pub(super) fn begin(
        &mut self,
        projects: &[&str],
        known: &[bool],
        focus: Option<&ReleaseId>,
    ) -> Vec<usize> {
        let asked = asked(&focused(projects, focus), known, self.stretch, self.rounds);
        self.rounds += 1;
        asked
    }

    /// Notes that the pause after a round is `pause`, where `wanted` was wanted.
    pub(super) fn pause(&mut self, pause: Duration, wanted: Duration) {
        self.stretch = pause.div_duration_f64(wanted.max(Duration::from_secs(1)));
    }
}

/// Which of `projects` the release that somebody looks at is of. A project may be called like the
/// beginning of another: the longest one counts.
fn focused(projects: &[&str], focus: Option<&ReleaseId>) -> Vec<bool> {
    let length = |project: &str| {
        let rest = focus?.as_str().strip_prefix(project)?;
        rest.starts_with(' ').then_some(project.len())
    };
    let longest = projects.iter().filter_map(|project| length(project)).max();
    projects.iter().map(|project| longest.is_some() && length(project) == longest).collect()
}

/// The repositories to ask in round number `round`, the ones on screen first.
///
/// `focused` says of each whether it is on screen, `known` whether it was read before.
/// `stretch` is how many times longer than wanted the pause between rounds must be for the
/// budget to last: while it is two or more, those not on screen are asked every second round
/// only, from four on every fourth. Without anything on screen all are equal.
fn asked(focused: &[bool], known: &[bool], stretch: f64, round: u64) -> Vec<usize> {
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
        let all = ["pay", "pay core", "pay"];
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
