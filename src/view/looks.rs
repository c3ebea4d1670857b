//! The looks that can be chosen between while the board is open.

use super::Look;

/// Themes, resolved for this terminal; one of them is shown.
#[derive(Clone, Debug)]
pub struct Looks {
    looks: Vec<(String, Look)>,
    shown: usize,
}

impl Looks {
    /// `first` is shown; the others come in this order.
    pub fn new(first: (String, Look), others: impl IntoIterator<Item = (String, Look)>) -> Self {
        let mut looks = vec![first];
        for other in others {
            if looks.iter().all(|(name, _)| *name != other.0) {
                looks.push(other);
            }
        }
        Self { looks, shown: 0 }
    }

    /// The one that is shown.
    pub fn look(&self) -> &Look {
        // `shown` is always within: there is at least the first.
        &self.looks[self.shown].1
    }

    /// Shows the next one; its name.
    pub fn turn(&mut self) -> &str {
        self.shown = (self.shown + 1) % self.looks.len();
        &self.looks[self.shown].0
    }
}
