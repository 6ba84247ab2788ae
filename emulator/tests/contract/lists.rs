//! The list of secrets (2.3, 2.4 S2): pages, filters, sort orders.

use crate::lab::{Lab, static_secret, with};
use serde_json::{Value, json};

/// S2, 2.3: pages with links.
#[tokio::test]
async fn lists_have_pages() {
    let lab = Lab::with_engine().await;
    for number in 0..5 {
        lab.secret(static_secret(&format!("s{number}"), true)).await;
    }
    let names = |page: &Value| -> Vec<String> {
        let secrets = page["secrets"].as_array().unwrap();
        secrets.iter().map(|secret| secret["name"].as_str().unwrap().to_owned()).collect()
    };
    let page = lab.get("secrets?sort=name&offset=2&limit=2&search=s").await;
    assert_eq!(page.error().0, 400, "search has at least two characters");
    let page = lab.get("secrets?sort=name&offset=2&limit=2").await.expect(200);
    assert_eq!(names(&page.body), ["s2", "s3"]);
    assert_eq!(page.at("total_count"), 5);
    assert_eq!(page.at("limit"), 2);
    assert_eq!(page.at("offset"), 2);
    let base = format!("{}/api/v2/secrets?sort=name", lab.instance_url());
    assert_eq!(page.text("first/href"), format!("{base}&limit=2"));
    assert_eq!(page.text("previous/href"), format!("{base}&limit=2"));
    assert_eq!(page.text("next/href"), format!("{base}&offset=4&limit=2"));
    assert_eq!(page.text("last/href"), format!("{base}&offset=4&limit=2"));
    let last = lab.get("secrets?sort=name&offset=4&limit=2").await.expect(200);
    assert_eq!(names(&last.body), ["s4"]);
    assert!(!last.has("next"));
    let whole = lab.get("secrets").await.expect(200);
    assert_eq!(whole.at("limit"), 200);
    assert!(!whole.has("next") && !whole.has("previous"));
    assert!(whole.at("secrets/0").get("api_key").is_none());
}

/// S2: filters and sort orders.
#[tokio::test]
async fn lists_are_filtered_and_sorted() {
    let lab = Lab::with_engine().await;
    let group = lab.post("secret_groups", json!({ "name": "team-a" })).await.expect(201);
    let group = group.text("id");
    for (name, changes) in [
        ("aa", json!({ "labels": ["dev", "eu de"] })),
        ("bb", json!({ "labels": ["dev"], "description": "Needle in a haystack" })),
        ("cc", json!({ "secret_group_id": group })),
    ] {
        lab.secret(with(static_secret(name, true), changes)).await;
        lab.advance(1).await;
    }
    let arbitrary = json!({ "secret_type": "arbitrary", "name": "dd", "payload": "p" });
    lab.post("secrets", arbitrary).await.expect(201);
    for (query, names) in [
        ("", "aa bb cc dd"),
        ("?sort=-name", "dd cc bb aa"),
        ("?sort=created_at", "aa bb cc dd"),
        ("?sort=-created_at", "dd cc bb aa"),
        ("?sort=-secret_type&limit=3", "aa bb cc"),
        ("?search=NEEDLE", "bb"),
        ("?search=dev", "aa bb"),
        ("?search=arbitr", "dd"),
        ("?match_all_labels=dev", "aa bb"),
        ("?match_all_labels=dev%2Ceu%20de", "aa"),
        ("?secret_types=arbitrary", "dd"),
        ("?secret_types=arbitrary%2Ciam_credentials&search=aa", "aa"),
        ("?secret_types=kv", ""),
        ("?groups=default", "aa bb dd"),
        (&format!("?groups={group}"), "cc"),
        (&format!("?groups=default,{group}"), "aa bb cc dd"),
    ] {
        let page = lab.get(&format!("secrets{query}")).await.expect(200);
        let secrets = page.at("secrets").as_array().unwrap();
        let mut found: Vec<_> =
            secrets.iter().map(|secret| secret["name"].as_str().unwrap()).collect();
        if query.starts_with("?sort=-secret_type") {
            found.sort_unstable();
        }
        assert_eq!(found.join(" "), names, "{query}");
    }
}

/// S2: the error for a bad value names the parameter.
#[tokio::test]
async fn refusals_of_list() {
    let lab = Lab::start().await;
    for (parameter, value) in [
        ("limit", "0"),
        ("limit", "1001"),
        ("limit", "x"),
        ("offset", "-1"),
        ("offset", "10000001"),
        ("sort", "colour"),
        ("search", "a"),
        ("groups", "x"),
        ("groups", ""),
        ("secret_types", "x"),
        ("match_all_labels", "a"),
        ("labels", "dev"),
        ("colour", "red"),
    ] {
        let response = lab.get(&format!("secrets?{parameter}={value}")).await;
        assert_eq!(response.error().0, 400, "{parameter}={value}");
        let words = format!("Invalid parameter '{parameter}' in query: Request validation error");
        assert!(response.error().2.starts_with(&words), "{}", response.error().2);
    }
    assert_eq!(lab.get("secrets?limit=1&limit=2").await.error().0, 400);
}
