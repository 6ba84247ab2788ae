//! What stands behind a secret in IAM, as a graph and as text.

use crate::console::format;
use crate::model::State;
use crate::model::secret::{Kind, Secret, Source, Version};
use maud::{Markup, html};

const COLUMNS: [&str; 5] = ["Secret", "Version", "API key", "Service ID", "Access group"];
const BOX: (usize, usize) = (200, 56);
const GAP: (usize, usize) = (36, 18);
const TOP: usize = 34;
/// How many letters a box has room for.
const LETTERS: usize = 25;

/// An object in a column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Node {
    column: usize,
    name: String,
    detail: String,
    locked: bool,
    gone: bool,
}

/// Objects, and which of them belong together.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Graph {
    nodes: Vec<Node>,
    edges: Vec<(usize, usize)>,
}

impl Graph {
    /// The secret, its versions that have or had credentials, and what these are in IAM.
    pub(super) fn of(state: &State, secret: &Secret) -> Self {
        let mut graph = Self::default();
        let group = format!("group {}", secret.secret_group_id);
        let root = graph.node(0, &secret.name, &group, false, secret.is_destroyed());
        let newest = secret.versions.len().saturating_sub(2);
        for (position, version) in secret.versions.iter().enumerate().rev() {
            if position >= newest || version.payload_available() || !version.locks.is_empty() {
                graph.version(state, secret, position, version, root);
            }
        }
        if !graph.has(3) {
            graph.source(state, secret, root);
        }
        graph
    }

    fn version(
        &mut self,
        state: &State,
        secret: &Secret,
        position: usize,
        version: &Version,
        root: usize,
    ) {
        let alias = secret.alias(position).map_or("older", |alias| alias.name());
        let data = if version.payload_available() { "has data" } else { "no data" };
        let name = format!("{alias}, {data}");
        let shown = self.node(
            1,
            &name,
            &version.id,
            !version.locks.is_empty(),
            !version.payload_available(),
        );
        self.edges.push((root, shown));
        let Some(key_id) = &version.api_key_id else { return };
        let key = state.iam.api_keys.get(key_id);
        let name = key.map_or("revoked", |key| key.name.as_str());
        let key_node = self.node(2, name, key_id, key.is_some_and(|key| key.locked), key.is_none());
        self.edges.push((shown, key_node));
        if let Some(service_id) = &version.service_id {
            let service_node = self.service_id(state, service_id);
            self.edges.push((key_node, service_node));
        }
    }

    /// What the next credentials come from, while there are none.
    fn source(&mut self, state: &State, secret: &Secret, root: usize) {
        let Kind::IamCredentials(settings) = &secret.kind else { return };
        match &settings.source {
            Source::ServiceId(id) => {
                let node = self.service_id(state, id);
                self.edges.push((root, node));
            }
            Source::AccessGroups(groups) => {
                for id in groups {
                    let node = self.access_group(state, id);
                    self.edges.push((root, node));
                }
            }
        }
    }

    fn service_id(&mut self, state: &State, id: &str) -> usize {
        if let Some(known) = self.position(3, id) {
            return known;
        }
        let found = state.iam.service_ids.get(id);
        let name = found.map_or("deleted", |it| it.name.as_str());
        let node = self.node(3, name, id, found.is_some_and(|it| it.locked), found.is_none());
        let iam_id = format!("iam-{id}");
        for membership in state.iam.memberships.values().filter(|it| it.iam_id == iam_id) {
            let group = self.access_group(state, &membership.access_group_id);
            self.edges.push((node, group));
        }
        node
    }

    fn access_group(&mut self, state: &State, id: &str) -> usize {
        if let Some(known) = self.position(4, id) {
            return known;
        }
        let found = state.iam.access_groups.get(id);
        self.node(4, found.map_or("deleted", |it| it.name.as_str()), id, false, found.is_none())
    }

    fn node(&mut self, column: usize, name: &str, detail: &str, locked: bool, gone: bool) -> usize {
        let (name, detail) = (name.to_owned(), detail.to_owned());
        self.nodes.push(Node { column, name, detail, locked, gone });
        self.nodes.len() - 1
    }

    fn has(&self, column: usize) -> bool {
        self.nodes.iter().any(|node| node.column == column)
    }

    fn position(&self, column: usize, detail: &str) -> Option<usize> {
        self.nodes.iter().position(|node| node.column == column && node.detail == detail)
    }

    /// The picture, and the same in words.
    pub(super) fn draw(&self) -> Markup {
        let places = self.places();
        let rows =
            COLUMNS.iter().enumerate().map(|(column, _)| self.count(column)).max().unwrap_or(0);
        let width = COLUMNS.len() * (BOX.0 + GAP.0) - GAP.0;
        let height = TOP + rows * (BOX.1 + GAP.1);
        html! {
            div.scroll tabindex="0" role="region" aria-label="Graph of IAM objects" {
                svg.graph role="img" aria-labelledby="graph-name" aria-describedby="graph-text"
                    width=(width) height=(height) viewBox={ "0 0 " (width) " " (height) } {
                    title #graph-name { "Objects in IAM behind the secret" }
                    @for (column, name) in COLUMNS.iter().enumerate() {
                        text.column x=(column * (BOX.0 + GAP.0)) y="18" { (name) }
                    }
                    @for (from, to) in &self.edges {
                        @if let (Some(from), Some(to)) = (places.get(*from), places.get(*to)) { (edge(*from, *to)) }
                    }
                    @for (node, place) in self.nodes.iter().zip(&places) { (shape(node, *place)) }
                }
            }
            details {
                summary { "The same as text" }
                ul #graph-text {
                    @for (from, to) in &self.edges {
                        @if let (Some(from), Some(to)) = (self.nodes.get(*from), self.nodes.get(*to)) {
                            li { (from.told()) " → " (to.told()) }
                        }
                    }
                    @if self.edges.is_empty() { @for node in &self.nodes { li { (node.told()) } } }
                }
            }
        }
    }

    fn count(&self, column: usize) -> usize {
        self.nodes.iter().filter(|node| node.column == column).count()
    }

    /// The corner of each node: columns side by side, each from the top.
    fn places(&self) -> Vec<(usize, usize)> {
        let mut used = [0_usize; COLUMNS.len()];
        let place = |node: &Node| {
            let row = used.get_mut(node.column).map_or(0, |row| std::mem::replace(row, *row + 1));
            (node.column * (BOX.0 + GAP.0), TOP + row * (BOX.1 + GAP.1))
        };
        self.nodes.iter().map(place).collect()
    }
}

impl Node {
    fn told(&self) -> String {
        let kind = COLUMNS.get(self.column).copied().unwrap_or_default();
        let locked = if self.locked { ", locked" } else { "" };
        let gone = if self.gone && self.column > 1 { ", not there any more" } else { "" };
        format!("{kind} {} ({}{locked}{gone})", self.name, self.detail)
    }
}

fn edge(from: (usize, usize), to: (usize, usize)) -> Markup {
    let (x1, y1) = (from.0 + BOX.0, from.1 + BOX.1 / 2);
    let (x2, y2) = (to.0, to.1 + BOX.1 / 2);
    let middle = (x1 + x2) / 2;
    html! { path.edge d={ "M" (x1) " " (y1) "C" (middle) " " (y1) " " (middle) " " (y2) " " (x2) " " (y2) } {} }
}

fn shape(node: &Node, (x, y): (usize, usize)) -> Markup {
    let kind = if node.gone { "node gone" } else { "node" };
    html! {
        g class=(kind) transform={ "translate(" (x) " " (y) ")" } {
            title { (node.told()) }
            rect width=(BOX.0) height=(BOX.1) rx="6" {}
            text.name x="12" y="24" { (format::short(&node.name, if node.locked { LETTERS - 5 } else { LETTERS - 1 })) }
            text.detail x="12" y="42" { (format::short(&node.detail, LETTERS)) }
            @if node.locked {
                g.lock transform={ "translate(" (BOX.0 - 24) " 9)" } {
                    rect x="0" y="6" width="14" height="10" rx="2" {}
                    path d="M3 6V4a4 4 0 0 1 8 0v2" {}
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seed;
    use serde_json::json;

    const GROUP: &str = seed::ACCESS_GROUP_IDS[0];

    /// A state with a secret that was read once.
    fn state(source: serde_json::Value, service_id: &str) -> State {
        let mut value = serde_json::to_value(seed::default_state()).unwrap();
        value["iam"]["api_keys"].as_array_mut().unwrap().push(json!({
            "id": "ApiKey-1", "account_id": seed::ACCOUNT_ID, "iam_id": format!("iam-{service_id}"),
            "name": "Secrets-Manager-IAM-Secret-app", "apikey": "hidden-value", "locked": true, "created_by": "c",
            "created_at": "2026-01-10T09:00:00Z", "modified_at": "2026-01-10T09:00:00Z",
        }));
        value["iam"]["memberships"] = json!([{
            "access_group_id": GROUP, "iam_id": "iam-ServiceId-1", "type": "service",
            "created_at": "2026-01-10T09:00:00Z", "created_by_id": "c",
        }]);
        value["secrets_manager"]["secrets"] = json!([{
            "id": "s", "instance_id": seed::INSTANCE_ID, "name": "app", "secret_group_id": "default",
            "created_by": "c", "created_at": "2026-01-10T09:00:00Z", "updated_at": "2026-01-10T09:00:00Z",
            "kind": { "iam_credentials": { "ttl": 3600, "reuse_api_key": true, "source": source, "iam_name": "n" } },
            "versions": [
                { "id": "v1", "created_by": "c", "created_at": "2026-01-10T09:00:00Z" },
                { "id": "v2", "created_by": "c", "created_at": "2026-01-10T09:00:00Z", "payload": "hidden-value",
                  "api_key_id": "ApiKey-1", "service_id": service_id, "expiration_date": "2026-01-10T10:00:00Z" },
            ],
        }]);
        serde_json::from_value(value).unwrap()
    }

    fn told(state: &State) -> Vec<String> {
        let secret = state.secrets_manager.secrets.get("s").unwrap();
        let graph = Graph::of(state, secret);
        let tell = |(from, to): &(usize, usize)| {
            format!("{} > {}", graph.nodes[*from].told(), graph.nodes[*to].told())
        };
        graph.edges.iter().map(tell).collect()
    }

    #[test]
    fn an_existing_service_id() {
        let state =
            state(json!({ "service_id": seed::STATIC_SERVICE_ID }), seed::STATIC_SERVICE_ID);
        let service_id = format!("Service ID application ({})", seed::STATIC_SERVICE_ID);
        let key = "API key Secrets-Manager-IAM-Secret-app (ApiKey-1, locked)";
        assert_eq!(
            told(&state),
            [
                "Secret app (group default) > Version current, has data (v2)".to_owned(),
                format!("Version current, has data (v2) > {key}"),
                format!("{key} > {service_id}"),
                "Secret app (group default) > Version previous, no data (v1)".to_owned(),
            ]
        );
    }

    #[test]
    fn what_is_gone_is_said_to_be() {
        let mut state = state(json!({ "access_groups": [GROUP] }), "ServiceId-1");
        state.iam.api_keys.remove("ApiKey-1");
        let all = told(&state).join("\n");
        assert!(all.contains("API key revoked (ApiKey-1, not there any more)"), "{all}");
        assert!(all.contains("Service ID deleted (ServiceId-1, not there any more) > Access group object-storage-readers"), "{all}");
    }

    #[test]
    fn no_value_is_drawn() {
        let state = state(json!({ "access_groups": [GROUP] }), "ServiceId-1");
        let secret = state.secrets_manager.secrets.get("s").unwrap();
        let drawn = Graph::of(&state, secret).draw().into_string();
        assert!(drawn.contains("ApiKey-1"));
        assert!(!drawn.contains("hidden-value"), "{drawn}");
    }
}
