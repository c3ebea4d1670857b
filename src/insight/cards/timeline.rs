//! What a story was and when, as far as its own events tell.

use crate::domain::{Category, Instant, Story};

/// Open is what is neither ready nor given up.
pub(super) fn is_closed(category: Category) -> bool {
    matches!(category, Category::Done | Category::Dropped)
}

/// The statuses of `story` until `now` in `steps`, oldest first, each with the instant from
/// which it holds; the first one holds since it was created. False where its events do not
/// lead to what it is now: then nobody knows when it was closed or opened again.
pub(super) fn trace(story: &Story, now: Instant, steps: &mut Vec<(Instant, Category)>) -> bool {
    steps.clear();
    if story.created_at > now {
        return false;
    }
    if story.moves.is_empty() {
        steps.push((story.created_at, story.category));
        return !is_closed(story.category);
    }
    steps.push((story.created_at, Category::ToDo));
    for change in story.moves.iter().filter(|change| change.at <= now) {
        let at = change.at.max(story.created_at);
        match steps.last() {
            Some((_, before)) if *before == change.to => {}
            _ => steps.push((at, change.to)),
        }
    }
    match steps.last_mut() {
        // Of two open or two closed statuses the one that the source says now counts.
        Some((_, last)) if is_closed(*last) == is_closed(story.category) => {
            *last = story.category;
            true
        }
        _ => false,
    }
}
