//! Things that wait for themselves.

/// Cycles among nodes, where `edges[n]` are the nodes that `n` waits for. Each cycle is given in
/// order, its first node being the one that the last one waits for; without the edges from each
/// last to its first node no cycle is left.
///
/// Walks without recursion: chains can be as long as a plan.
pub(super) fn cycles(edges: &[Vec<usize>]) -> Vec<Vec<usize>> {
    #[derive(Clone, Copy, PartialEq)]
    enum Mark {
        New,
        OnPath(usize),
        Finished,
    }
    let mut marks = vec![Mark::New; edges.len()];
    let mut found = Vec::new();
    for start in 0..edges.len() {
        if marks[start] != Mark::New {
            continue;
        }
        let mut path = vec![start];
        let mut next = vec![0];
        marks[start] = Mark::OnPath(0);
        while let (Some(&node), Some(position)) = (path.last(), next.last_mut()) {
            let Some(&target) = edges[node].get(*position) else {
                marks[node] = Mark::Finished;
                path.pop();
                next.pop();
                continue;
            };
            *position += 1;
            match marks.get(target) {
                Some(Mark::New) => {
                    marks[target] = Mark::OnPath(path.len());
                    path.push(target);
                    next.push(0);
                }
                Some(Mark::OnPath(from)) => found.push(path[*from..].to_vec()),
                Some(Mark::Finished) | None => {}
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn cycles_are_found() {
        for (edges, expected) in [
            (vec![], vec![]),
            (vec![vec![1], vec![]], vec![]),
            (vec![vec![0]], vec![vec![0]]),
            (vec![vec![1], vec![0]], vec![vec![0, 1]]),
            (vec![vec![1], vec![2], vec![1]], vec![vec![1, 2]]),
            // A diamond is none.
            (vec![vec![1, 2], vec![3], vec![3], vec![]], vec![]),
            (vec![vec![1], vec![0, 2], vec![2]], vec![vec![0, 1], vec![2]]),
        ] {
            assert_eq!(cycles(&edges), expected, "{edges:?}");
        }
        let chain: Vec<_> = (1..=100_000).map(|next| vec![next % 100_000]).collect();
        assert_eq!(cycles(&chain).len(), 1);
    }

    proptest! {
        #[test]
        fn without_the_last_edges_no_cycle_is_left(
            edges in proptest::collection::vec(proptest::collection::vec(0..8usize, 0..4), 8)
        ) {
            let mut edges = edges;
            let found = cycles(&edges);
            for cycle in &found {
                for (node, next) in cycle.iter().zip(cycle.iter().cycle().skip(1)) {
                    prop_assert!(edges[*node].contains(next));
                }
            }
            for cycle in found {
                let (first, last) = (cycle[0], cycle[cycle.len() - 1]);
                edges[last].retain(|node| *node != first);
            }
            prop_assert!(cycles(&edges).is_empty());
        }
    }
}
