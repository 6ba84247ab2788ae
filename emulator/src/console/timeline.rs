//! The time line of leases and rotations, as a picture and as a table.

use crate::console::format;
use crate::console::layout::{self, Page, Section};
use crate::model::State;
use crate::model::secret::Secret;
use crate::model::timestamp::Timestamp;
use maud::{Markup, html};

/// More lines would make a picture that nobody reads.
const LINES: usize = 25;
const WIDTH: i64 = 960;
const NAMES: i64 = 190;
const ROW: usize = 34;
const TOP: usize = 34;

/// The lease of one version.
#[derive(Debug, PartialEq, Eq)]
struct Lease {
    from: Timestamp,
    to: Timestamp,
    version: String,
    /// Whether its credentials are still there.
    alive: bool,
    is_current: bool,
    rotated: bool,
}

/// One secret.
#[derive(Debug, PartialEq, Eq)]
struct Line {
    name: String,
    leases: Vec<Lease>,
    next_rotation: Option<Timestamp>,
}

/// All leases.
pub(super) fn page(state: &State, now: Timestamp) -> Page {
    let mut secrets: Vec<_> = state.secrets_manager.secrets.values().collect();
    secrets.sort_by(|a, b| b.created_at.cmp(&a.created_at).then_with(|| a.id.cmp(&b.id)));
    let content = html! {
        h1 { "Time line" }
        p.lead { "Leases of the versions that had credentials, and rotations, done and due." }
        section #timeline data-live="" aria-label="Leases and rotations" { (draw(secrets, now)) }
    };
    Page {
        title: "Time line".to_owned(),
        section: Section::Timeline,
        account: None,
        parents: Vec::new(),
        content,
    }
}

/// The leases of these secrets.
pub(super) fn draw<'a>(secrets: impl IntoIterator<Item = &'a Secret>, now: Timestamp) -> Markup {
    let lines = secrets.into_iter().map(line);
    let lines: Vec<_> = lines
        .filter(|it| !it.leases.is_empty() || it.next_rotation.is_some())
        .take(LINES)
        .collect();
    if lines.is_empty() {
        return layout::nothing(
            "No lease has begun. It does when a key is read for the first time.",
        );
    }
    html! { (picture(&lines, now)) (table(&lines, now)) }
}

fn line(secret: &Secret) -> Line {
    let leases = secret.versions.iter().enumerate().filter_map(|(position, version)| {
        let alias = secret.alias(position).map_or("older", |alias| alias.name());
        Some(Lease {
            from: version.created_at,
            to: version.expiration_date?,
            version: format!("{} ({alias})", position + 1),
            alive: version.payload_available(),
            is_current: alias == "current",
            rotated: version.auto_rotated,
        })
    });
    let next_rotation = secret.next_rotation_date();
    Line { name: secret.name.clone(), leases: leases.collect(), next_rotation }
}

/// The times that the picture shows: all of them and now, never less than a minute.
fn span(lines: &[Line], now: Timestamp) -> (i64, i64) {
    let leases = lines.iter().flat_map(|line| &line.leases);
    let times = leases.flat_map(|lease| [lease.from, lease.to]);
    let next = lines.iter().filter_map(|line| line.next_rotation);
    let (first, last) =
        times.chain(next).fold((now, now), |(first, last), at| (first.min(at), last.max(at)));
    (first.unix(), last.unix().max(first.unix() + 60))
}

/// Where a time is in the picture.
fn place(at: Timestamp, (first, last): (i64, i64)) -> i64 {
    NAMES + (at.unix() - first).saturating_mul(WIDTH - NAMES - 12) / (last - first).max(1)
}

fn picture(lines: &[Line], now: Timestamp) -> Markup {
    let span = span(lines, now);
    let height = TOP + lines.len() * ROW + 8;
    let today = place(now, span);
    html! {
        div.scroll tabindex="0" role="region" aria-label="Picture of the time line" {
            svg.timeline role="img" aria-labelledby="timeline-name" width=(WIDTH) height=(height)
                viewBox={ "0 0 " (WIDTH) " " (height) } {
                title #timeline-name { "Leases and rotations; the table below says the same" }
                text.label x=(NAMES) y="16" { (format::moment(Timestamp::from_unix(span.0))) }
                text.label x=(WIDTH - 12) y="16" text-anchor="end" { (format::moment(Timestamp::from_unix(span.1))) }
                @for (row, line) in lines.iter().enumerate() {
                    @let y = TOP + row * ROW;
                    line.rule x1="0" x2=(WIDTH) y1=(y + ROW - 2) y2=(y + ROW - 2) {}
                    text.name x="0" y=(y + 20) { (format::short(&line.name, 24)) title { (line.name) } }
                    @for lease in &line.leases {
                        @let (from, to) = (place(lease.from, span), place(lease.to, span));
                        // Two leases overlap after a rotation: those before the current one are below it.
                        @let (top, thick) = if lease.is_current { (y + 3, 13) } else { (y + 17, 9) };
                        rect class=(if lease.alive { "lease" } else { "lease ended" })
                            x=(from) y=(top) width=((to - from).max(3)) height=(thick) rx="3" {
                            title { "Version " (lease.version) }
                        }
                        @if lease.rotated { circle.rotated cx=(from) cy=(y + 9) r="5" {} }
                    }
                    @if let Some(next) = line.next_rotation {
                        circle.due cx=(place(next, span)) cy=(y + 9) r="5" {}
                    }
                }
                line.now x1=(today) x2=(today) y1="22" y2=(height) {}
            }
        }
        p.legend aria-hidden="true" {
            span.lease {} "lease " span.lease.ended {} "revoked or ended " span.rotated {} "rotated by schedule "
            span.due {} "rotation due " span.now {} "now"
        }
    }
}

fn table(lines: &[Line], now: Timestamp) -> Markup {
    html! {
        div.scroll tabindex="0" role="region" aria-label="Table of leases" {
            table {
                thead { tr { th scope="col" { "Secret" } th scope="col" { "Version" } th scope="col" { "Began" }
                    th scope="col" { "Ends" } th scope="col" { "Left" } th scope="col" { "By" } } }
                tbody {
                    @for line in lines {
                        @for lease in &line.leases {
                            tr {
                                th scope="row" { (line.name) }
                                td { (lease.version) }
                                td.number { (format::moment(lease.from)) }
                                td.number { (format::moment(lease.to)) }
                                td.number { @if lease.alive { (format::countdown(lease.to, now)) } @else { "ended" } }
                                td { @if lease.rotated { "schedule" } @else { "a client" } }
                            }
                        }
                        @if let Some(next) = line.next_rotation {
                            tr {
                                th scope="row" { (line.name) }
                                td { "next" }
                                td.number { (format::moment(next)) }
                                td {} td.number { "in " (format::countdown(next, now)) } td { "schedule" }
                            }
                        }
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn the_picture_reaches_from_the_first_to_the_last_time() {
        let now = at("2026-01-10T09:00:00Z");
        let lease = Lease {
            from: at("2026-01-01T00:00:00Z"),
            to: at("2026-01-20T00:00:00Z"),
            version: "2 (current)".to_owned(),
            alive: true,
            is_current: true,
            rotated: false,
        };
        let next_rotation = Some(at("2026-02-01T00:00:00Z"));
        let lines = [Line { name: "app".to_owned(), leases: vec![lease], next_rotation }];
        let span = span(&lines, now);
        assert_eq!(span, (at("2026-01-01T00:00:00Z").unix(), at("2026-02-01T00:00:00Z").unix()));
        assert_eq!(place(at("2026-01-01T00:00:00Z"), span), NAMES);
        assert_eq!(place(at("2026-02-01T00:00:00Z"), span), WIDTH - 12);
        let middle = place(at("2026-01-16T12:00:00Z"), span);
        assert_eq!(middle, (NAMES + WIDTH - 12) / 2);
    }

    #[test]
    fn a_picture_of_one_moment_has_a_width() {
        let now = at("2026-01-10T09:00:00Z");
        assert_eq!(span(&[], now), (now.unix(), now.unix() + 60));
        assert_eq!(
            place(Timestamp::LAST, (0, 1)),
            NAMES + Timestamp::LAST.unix() * (WIDTH - NAMES - 12)
        );
    }
}
