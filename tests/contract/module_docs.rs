//! What the documentation of modules repeats, it repeats word for word: tables of inputs and outputs are
//! those of the declarations, and blocks in guides and READMEs are files that run.
//!
//! `make modules-docs` writes both.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use hcl_edit::expr::Expression;
use hcl_edit::structure::{Block, Body};

/// Around what is generated in a README.
const BEGIN: &str = "<!-- inputs and outputs: make modules-docs -->\n";
const END: &str = "<!-- end -->\n";
/// Set, it has the tests write what they would expect.
const WRITE: &str = "WRITE_MODULE_DOCS";

#[test]
fn readmes_of_modules_have_their_inputs_and_outputs() {
    let folders = files(&root().join("modules"), |path| path.is_dir());
    assert!(!folders.is_empty());
    for folder in folders {
        let readme = folder.join("README.md");
        let text = fs::read_to_string(&readme).expect("each module has a README");
        let (before, rest) = text.split_once(BEGIN).expect("the README has no place for tables");
        let (_, after) = rest.split_once(END).expect("the place for tables has no end");
        expect(&readme, &text, &format!("{before}{BEGIN}{}{END}{after}", tables(&folder)));
    }
}

#[test]
fn blocks_are_files_that_run() {
    let mut texts =
        files(&root().join("docs/guides"), |path| path.extension().is_some_and(|it| it == "md"));
    let modules = files(&root().join("modules"), |path| path.is_dir());
    texts.extend(modules.iter().map(|folder| folder.join("README.md")));
    let mut blocks = 0;
    for guide in texts {
        let text = fs::read_to_string(&guide).unwrap();
        let mut lines = text.lines();
        let (mut expected, mut named, mut unnamed) = (String::new(), 0, None);
        while let Some(line) = lines.next() {
            let _ = writeln!(expected, "{line}");
            let comment = line.strip_prefix("<!-- ").and_then(|it| it.strip_suffix(" -->"));
            let Some(path) = comment.filter(|it| it.contains('/') && !it.contains(' ')) else {
                if ["```terraform", "```hcl", "```yaml", "```sh"].contains(&line) {
                    unnamed = Some(expected.lines().count());
                }
                continue;
            };
            let file = root().join(path);
            let content =
                fs::read_to_string(&file).unwrap_or_else(|_| panic!("no {}", file.display()));
            let fence = lines.next().filter(|line| line.starts_with("```")).expect("a block");
            let _ = writeln!(expected, "{fence}\n{}\n```", content.trim_end());
            assert!(lines.any(|line| line == "```"), "{path} has no end in {}", guide.display());
            named += 1;
        }
        if let Some(line) = unnamed.filter(|_| named > 0) {
            panic!("{}:{line}: a block without the path of its file", guide.display());
        }
        blocks += named;
        expect(&guide, &text, &expected);
    }
    assert!(blocks > 5, "{blocks} blocks");
}

/// The tables of inputs and outputs of a module.
fn tables(folder: &Path) -> String {
    let mut inputs = String::new();
    let mut outputs = String::new();
    for file in files(folder, |path| path.extension().is_some_and(|it| it == "tf")) {
        let body: Body = fs::read_to_string(&file).unwrap().parse().expect("valid HCL");
        for block in body.into_blocks() {
            let name =
                block.labels.first().map(|label| label.as_str().to_owned()).unwrap_or_default();
            match block.ident.as_str() {
                "variable" => input(&name, &block, &mut inputs),
                "output" => {
                    let ephemeral = if is_set(&block, "ephemeral") { " (ephemeral)" } else { "" };
                    let _ = writeln!(outputs, "| `{name}`{ephemeral} | {} |", description(&block));
                }
                _ => {}
            }
        }
    }
    format!(
        "\n## Inputs\n\n| Name | Description | Type | Default |\n|---|---|---|---|\n{inputs}\n## Outputs\n\n\
         | Name | Description |\n|---|---|\n{outputs}\n"
    )
}

fn input(name: &str, block: &Block, inputs: &mut String) {
    let source = |name| attribute(block, name).map(|value| value.to_string().trim().to_owned());
    let (kind, default) = (source("type").expect("a type"), source("default"));
    let default = default.map_or("required".to_owned(), |default| format!("`{default}`"));
    let ephemeral = if is_set(block, "ephemeral") { " (ephemeral)" } else { "" };
    // A type of several lines keeps them in a table only as HTML.
    let kind = match kind.contains('\n') {
        true => format!("<pre>{}</pre>", kind.replace('"', "&quot;").replace("\n  ", "<br>")),
        false => format!("`{kind}`"),
    };
    let _ =
        writeln!(inputs, "| `{name}`{ephemeral} | {} | {kind} | {default} |", description(block));
}

fn description(block: &Block) -> String {
    let text = attribute(block, "description").and_then(Expression::as_str);
    text.expect("everything is described").replace('|', "\\|")
}

fn is_set(block: &Block, name: &str) -> bool {
    attribute(block, name).and_then(Expression::as_bool).unwrap_or_default()
}

fn attribute<'a>(block: &'a Block, name: &str) -> Option<&'a Expression> {
    Some(&block.body.get_attribute(name)?.value)
}

fn expect(file: &Path, found: &str, expected: &str) {
    if std::env::var_os(WRITE).is_some() {
        fs::write(file, expected).unwrap();
    } else {
        assert!(found == expected, "{} is behind: `make modules-docs`", file.display());
    }
}

fn files(folder: &Path, wanted: impl Fn(&Path) -> bool) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap_or_else(|_| panic!("no {}", folder.display()));
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| wanted(path));
    paths.sort();
    paths
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}
