//! The rows: a line on the screen as soon as there is one, and all of them as JSON at the end.

use serde_json::{Map, Value, json};
use std::fs;
use std::process::Command;

use super::terraform::Cost;

/// Everything measured so far.
pub(crate) struct Report {
    rows: Vec<Value>,
}

/// Minimum, median and maximum.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Spread {
    pub(crate) minimum: f64,
    pub(crate) median: f64,
    pub(crate) maximum: f64,
}

impl Spread {
    pub(crate) fn of(values: impl IntoIterator<Item = f64>) -> Self {
        let mut values: Vec<f64> = values.into_iter().collect();
        values.sort_by(f64::total_cmp);
        Self {
            minimum: values[0],
            median: values[values.len() / 2],
            maximum: values[values.len() - 1],
        }
    }

    fn json(self) -> Value {
        let rounded = |value: f64| (value * 10_000.0).round() / 10_000.0;
        json!({"minimum": rounded(self.minimum), "median": rounded(self.median),
               "maximum": rounded(self.maximum)})
    }
}

impl Report {
    pub(crate) fn new() -> Self {
        Self { rows: Vec::new() }
    }

    /// A row with one value in this unit.
    pub(crate) fn value(&mut self, what: &str, unit: &str, spread: Spread) {
        let Spread { minimum, median, maximum } = spread;
        println!("{what:<52} {median:>10.1} {unit:<8} ({minimum:.1} to {maximum:.1})");
        self.rows.push(json!({"what": what, "unit": unit, "value": spread.json()}));
    }

    /// The head of the table of runs.
    pub(crate) fn head(&self, title: &str) {
        println!(
            "\n{title:<42}{:>8} {:>8} {:>8}   {:>8} {:>8} {:>6}   {:>8}   calls",
            "min s", "median s", "max s", "tf CPU s", "CPU s", "share", "MiB"
        );
    }

    /// A row of runs of Terraform; `title` is what the line on the screen begins with.
    pub(crate) fn runs(
        &mut self,
        title: &str,
        what: &str,
        place: &[(&str, Value)],
        costs: &[Cost],
    ) {
        let spread = |of: fn(&Cost) -> f64| Spread::of(costs.iter().map(of));
        let time = spread(|cost| cost.time.as_secs_f64());
        let terraform = spread(|cost| cost.terraform_cpu);
        let provider = spread(|cost| cost.provider_cpu);
        let memory = spread(|cost| cost.provider_memory);
        let share = Spread::of(
            costs.iter().map(|cost| cost.provider_cpu / (cost.provider_cpu + cost.terraform_cpu)),
        );
        let calls = &costs[costs.len() - 1].calls;
        let listed: Vec<_> = calls.iter().map(|(name, count)| format!("{count} {name}")).collect();
        println!(
            "{title:<42}{:>8.2} {:>8.2} {:>8.2}   {:>8.2} {:>8.2} {:>4.0} %   {:>8.1}   {} ({})",
            time.minimum,
            time.median,
            time.maximum,
            terraform.median,
            provider.median,
            share.median * 100.0,
            memory.maximum,
            calls.values().sum::<usize>(),
            listed.join(", ")
        );
        let mut row: Map<String, Value> =
            place.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
        row.extend([
            ("what".to_owned(), json!(what)),
            ("runs".to_owned(), json!(costs.len())),
            ("seconds".to_owned(), time.json()),
            ("terraform_cpu_seconds".to_owned(), terraform.json()),
            ("provider_cpu_seconds".to_owned(), provider.json()),
            ("provider_cpu_share".to_owned(), share.json()),
            ("provider_memory_mib".to_owned(), memory.json()),
            ("calls".to_owned(), json!(calls)),
        ]);
        self.rows.push(Value::Object(row));
    }

    /// Writes everything to a file.
    pub(crate) fn write(self, file: &str) {
        let terraform = output("terraform", &["version", "-json"]);
        let terraform: Value = serde_json::from_str(&terraform).unwrap_or_default();
        let report = json!({
            "machine": machine(),
            "versions": {
                "terraform": terraform["terraform_version"],
                "provider": env!("CARGO_PKG_VERSION"),
                "emulator": env!("CARGO_PKG_VERSION"),
                "commit": output("git", &["describe", "--always", "--dirty"]),
            },
            "rows": self.rows,
        });
        fs::write(file, serde_json::to_string_pretty(&report).unwrap()).unwrap();
        println!("\n{}: all rows", file);
    }
}

fn machine() -> Value {
    let file = |path: &str| fs::read_to_string(path).unwrap_or_default();
    let field = |text: &str, name: &str| {
        let line = text.lines().find(|line| line.starts_with(name));
        line.and_then(|line| line.split_once(':')).map(|(_, value)| value.trim().to_owned())
    };
    json!({
        "cores": std::thread::available_parallelism().map_or(0, usize::from),
        "processor": field(&file("/proc/cpuinfo"), "model name"),
        "memory": field(&file("/proc/meminfo"), "MemTotal"),
        "system": output("uname", &["-srm"]),
        "load": file("/proc/loadavg").trim(),
    })
}

fn output(command: &str, arguments: &[&str]) -> String {
    let output = Command::new(command).args(arguments).output();
    output.map_or_else(
        |_| String::new(),
        |output| String::from_utf8_lossy(&output.stdout).trim().to_owned(),
    )
}
