//! Files that need one another, so that none can be understood by itself.

use petgraph::algo::tarjan_scc;
use petgraph::graphmap::DiGraphMap;

use super::uses::Uses;

/// Each circle: its files, and what each of them takes of which other.
pub(super) fn circles(uses: &Uses) -> Vec<String> {
    let edges = uses.between.keys().map(|(from, to)| (from.as_str(), to.as_str()));
    let graph: DiGraphMap<&str, ()> = edges.collect();
    let mut circles: Vec<Vec<&str>> = tarjan_scc(&graph);
    circles.retain(|files| files.len() > 1);
    circles.iter_mut().for_each(|files| files.sort_unstable());
    circles.sort();
    circles.iter().map(|files| describe(uses, files)).collect()
}

fn describe(uses: &Uses, files: &[&str]) -> String {
    let mut text = format!("a circle of {} files:", files.len());
    for ((from, to), names) in &uses.between {
        if files.contains(&from.as_str()) && files.contains(&to.as_str()) {
            let names: Vec<String> =
                names.iter().map(|(name, line)| format!("{name} (line {line})")).collect();
            text += &format!("\n    {from} takes of {to}: {}", names.join(", "));
        }
    }
    text
}
