//! A source file as the rules see it: without comments and literals, and once more without its tests.
//!
//! What is taken out becomes blanks, so every line keeps its number.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::syntax::{is_word, item_length};

/// One file under `src`.
#[derive(Debug, Default)]
pub(crate) struct Source {
    /// Relative to `src`, with `/` on every system.
    pub(crate) path: String,
    pub(crate) text: String,
    /// The text without comments, strings and characters.
    pub(crate) code: String,
    /// The code without what only tests compile.
    pub(crate) shipped: String,
    /// How many lines of the text are not test code.
    pub(crate) shipped_lines: usize,
    /// Files of their own that `#[cfg(test)] mod name;` declares here.
    test_modules: Vec<String>,
}

impl Source {
    pub(crate) fn new(path: &str, text: &str) -> Self {
        let mut source = Self {
            path: path.to_owned(),
            text: text.to_owned(),
            code: without_comments_and_literals(text),
            shipped_lines: text.lines().count(),
            ..Self::default()
        };
        source.take_out_tests();
        source
    }

    /// The names of the modules above and at this file: `a/b.rs` and `a/b/mod.rs` are both `a`, `b`.
    pub(crate) fn module(&self) -> Vec<&str> {
        let path = self.path.trim_end_matches(".rs");
        path.split('/').filter(|name| !["mod", "lib"].contains(name)).collect()
    }

    fn take_out_tests(&mut self) {
        self.shipped.clone_from(&self.code);
        while let Some(start) = find_test_item(&self.shipped) {
            let end = start + item_length(&self.shipped[start..]);
            let item = &self.shipped[start..end];
            if let Some(name) = declared_module(item) {
                self.test_modules.push([self.module().join("/"), name.to_owned()].join("/"));
            }
            self.shipped_lines -= item.lines().count();
            let blank = blanks(item);
            self.shipped.replace_range(start..end, &blank);
        }
    }

    fn is_within(&self, module: &str) -> bool {
        self.module().join("/").strip_prefix(module.trim_start_matches('/')).is_some_and(is_end_of_name)
    }
}

/// Every file under `folder`.
pub(crate) fn read_tree(folder: &Path) -> io::Result<Vec<Source>> {
    let mut sources = Vec::new();
    for path in rust_files(folder)? {
        let relative = path.strip_prefix(folder).unwrap_or(&path).to_string_lossy().replace('\\', "/");
        sources.push(Source::new(&relative, &fs::read_to_string(&path)?));
    }
    let test_modules: Vec<String> = sources.iter().flat_map(|source| source.test_modules.clone()).collect();
    for source in &mut sources {
        if test_modules.iter().any(|module| source.is_within(module)) {
            source.shipped.clear();
            source.shipped_lines = 0;
        }
    }
    Ok(sources)
}

fn rust_files(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            files.extend(rust_files(&path)?);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

fn without_comments_and_literals(text: &str) -> String {
    let mut code = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(next) = rest.chars().next() {
        let opaque = match comment(rest) {
            0 if !code.ends_with(is_word) => literal(rest),
            length => length,
        };
        if opaque > 0 {
            code.push_str(&blanks(&rest[..opaque]));
            rest = &rest[opaque..];
        } else {
            code.push(next);
            rest = &rest[next.len_utf8()..];
        }
    }
    code
}

/// How many bytes of a comment `rest` begins with.
fn comment(rest: &str) -> usize {
    if rest.starts_with("//") {
        return rest.find('\n').unwrap_or(rest.len());
    }
    if !rest.starts_with("/*") {
        return 0;
    }
    let mut depth = 0_usize;
    let mut at = 0;
    while at < rest.len() {
        match &rest.as_bytes()[at..] {
            [b'/', b'*', ..] => {
                depth += 1;
                at += 2;
            }
            [b'*', b'/', ..] => {
                depth -= 1;
                at += 2;
                if depth == 0 {
                    return at;
                }
            }
            _ => at += 1,
        }
    }
    at
}

/// How many bytes of a string or character `rest` begins with.
fn literal(rest: &str) -> usize {
    let prefix = rest.len() - rest.trim_start_matches(['b', 'c']).len();
    let body = &rest[prefix..];
    if let Some(raw) = body.strip_prefix('r') {
        let hashes = raw.len() - raw.trim_start_matches('#').len();
        if prefix < 2 && raw[hashes..].starts_with('"') {
            let end = format!("\"{}", "#".repeat(hashes));
            let content = prefix + 1 + hashes + 1;
            return rest[content..].find(&end).map_or(rest.len(), |at| content + at + end.len());
        }
        return 0;
    }
    match body.chars().next() {
        Some('"') if prefix < 2 => prefix + quoted(body, '"'),
        Some('\'') if prefix < 2 && !is_lifetime(body) => prefix + quoted(body, '\''),
        _ => 0,
    }
}

/// `'a` without a closing quote behind its first letter.
fn is_lifetime(body: &str) -> bool {
    let mut letters = body.chars().skip(1);
    letters.next().is_some_and(is_word) && letters.next() != Some('\'')
}

fn quoted(body: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, next) in body.char_indices().skip(1) {
        match next {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            _ if next == quote => return at + 1,
            _ => {}
        }
    }
    body.len()
}

fn find_test_item(code: &str) -> Option<usize> {
    ["#[cfg(test)]", "#[cfg(all(test,"].iter().filter_map(|attribute| code.find(attribute)).min()
}

/// `name`, if the item ends with `mod name;`.
fn declared_module(item: &str) -> Option<&str> {
    let (_, name) = item.strip_suffix(';')?.rsplit_once("mod ")?;
    name.chars().all(is_word).then_some(name)
}

fn blanks(text: &str) -> String {
    text.chars().map(|next| if next == '\n' { '\n' } else { ' ' }).collect()
}

fn is_end_of_name(rest: &str) -> bool {
    rest.is_empty() || rest.starts_with('/')
}
