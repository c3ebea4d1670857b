//! Changes as sentences, each of which can stand alone: in a chat message, a mail, a notification.

use super::{Change, ChangeGroup, Concerned, words};
use crate::domain::Calendar;

impl Change {
    /// Its name with the release that it belongs to, where the name does not say it:
    /// `PAY-311 Refund webhook retries (payments 4.2)`.
    pub fn called(&self) -> String {
        match &self.release {
            Some(release) if !self.name.contains(release.as_str()) => format!("{} ({release})", self.name),
            _ => self.name.to_string(),
        }
    }

    /// What happened: `PAY-311 Refund webhook retries (payments 4.2) is done: in review → done (lee, Sun
    /// 22 Nov 09:02).`
    pub fn sentence(&self, calendar: &Calendar) -> String {
        let verb = match self.group {
            ChangeGroup::TurnedRed => "turned red",
            ChangeGroup::TurnedGreen => "turned green",
            ChangeGroup::Done => "is done",
            ChangeGroup::Added => "was added",
            ChangeGroup::Removed => "was removed",
            ChangeGroup::Slipped => "slipped",
            ChangeGroup::Moved => "moved",
        };
        let who = self.who.as_ref().map(ToString::to_string);
        let notes: Vec<String> =
            who.into_iter().chain(self.at.map(|at| words::day_and_time(at, calendar))).collect();
        let notes = if notes.is_empty() { String::new() } else { format!(" ({})", notes.join(", ")) };
        format!("{} {verb}: {}{notes}.", self.called(), self.what)
    }
}

impl Concerned {
    /// Who should hear of it: `checkout web 7.3 waits for payments 4.2, whose target changed (ana answers for
    /// it).`
    pub fn sentence(&self) -> String {
        let owner = self.owner.as_ref().map_or("nobody", |owner| owner.as_str());
        let Self { release, because_of, what, .. } = self;
        format!("{release} waits for {because_of}, whose {what} changed ({owner} answers for it).")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        domain::{ReleaseId, Text},
        insight::{
            Subject,
            fixture::{at, id},
        },
    };

    fn change(group: ChangeGroup, name: &str, what: &str) -> Change {
        Change {
            group,
            subject: Subject::Headline,
            release: Some(id()),
            name: Text::new(name),
            what: Text::new(what),
            who: None,
            at: None,
            url: None,
            rebuilt: false,
        }
    }

    #[test]
    fn a_change_is_a_sentence_that_names_its_release_once() {
        let calendar = Calendar::default();
        let done = Change {
            who: Some("lee".into()),
            at: Some(at(22, 8)),
            ..change(ChangeGroup::Done, "PAY-1 Refunds", "in review → done")
        };
        for (change, said) in [
            (done.clone(), "PAY-1 Refunds (payments 4.2) is done: in review → done (lee, Sun 22 Nov 08:00)."),
            (
                Change { release: None, who: None, ..done },
                "PAY-1 Refunds is done: in review → done (Sun 22 Nov 08:00).",
            ),
            (
                change(ChangeGroup::Slipped, "payments 4.2", "85 % sure by Wed 25 Nov → Fri 27 Nov"),
                "payments 4.2 slipped: 85 % sure by Wed 25 Nov → Fri 27 Nov.",
            ),
            (
                change(ChangeGroup::Added, "payments 4.2 to production", "planned for Wed 25 Nov 14:00"),
                "payments 4.2 to production was added: planned for Wed 25 Nov 14:00.",
            ),
        ] {
            assert_eq!(change.sentence(&calendar), said);
        }
        let concerned = Concerned {
            release: ReleaseId::new("web 7.3"),
            owner: None,
            because_of: id(),
            what: "target, scope".into(),
        };
        let said = "web 7.3 waits for payments 4.2, whose target, scope changed (nobody answers for it).";
        assert_eq!(concerned.sentence(), said);
    }
}
