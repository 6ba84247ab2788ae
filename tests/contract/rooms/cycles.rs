//! Files that import one another, so that none can be understood on its own.

use petgraph::algo::tarjan_scc;
use petgraph::graphmap::DiGraphMap;

use super::uses::Uses;

/// Describes each cycle: its files, and what each of them uses from the others.
pub(super) fn cycles(uses: &Uses) -> Vec<String> {
    let edges = uses.between.keys().map(|(from, to)| (from.as_str(), to.as_str()));
    let graph: DiGraphMap<&str, ()> = edges.collect();
    let mut cycles: Vec<Vec<&str>> = tarjan_scc(&graph);
    cycles.retain(|files| files.len() > 1);
    cycles.iter_mut().for_each(|files| files.sort_unstable());
    cycles.sort();
    cycles.iter().map(|files| describe(uses, files)).collect()
}

fn describe(uses: &Uses, files: &[&str]) -> String {
    let mut text = format!("a cycle of {} files:", files.len());
    for ((from, to), names) in &uses.between {
        if files.contains(&from.as_str()) && files.contains(&to.as_str()) {
            let names: Vec<String> =
                names.iter().map(|(name, line)| format!("{name} (line {line})")).collect();
            text += &format!("\n    {from} uses {to}: {}", names.join(", "));
        }
    }
    text
}
