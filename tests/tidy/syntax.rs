//! As much of Rust's grammar as the rules ask for: words, paths, and functions up to their bodies.

/// Every path in the code and its line, with the trees of `use` declarations spelled out.
pub(crate) fn paths(code: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    for (number, rest) in words(code) {
        if let Some(declaration) = rest.strip_prefix("use ") {
            let tree = declaration.split(';').next().unwrap_or_default();
            spell_out("", tree, &mut |path| found.push((number, path)));
        }
    }
    for (number, line) in (1..).zip(code.lines()) {
        let runs = line.split(|letter| !is_word(letter) && letter != ':');
        let inline = runs.filter(|run| run.contains("::"));
        found.extend(inline.map(|path| (number, path.trim_matches(':').to_owned())));
    }
    found.sort();
    found.dedup();
    found
}

/// `a::{b, c::d as e}` is `a::b` and `a::c::d`.
fn spell_out(prefix: &str, tree: &str, found: &mut impl FnMut(String)) {
    let tree = tree.trim();
    let Some((head, branches)) = tree.split_once('{') else {
        let name = tree.split_whitespace().next().unwrap_or_default();
        found(format!("{prefix}{name}"));
        return;
    };
    let prefix = format!("{prefix}{}", head.trim());
    let mut depth = 0_usize;
    let at_top = |letter: char| {
        match letter {
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        letter == ',' && depth == 0
    };
    let branches = branches.trim_end().strip_suffix('}').unwrap_or(branches);
    for branch in branches.split(at_top).filter(|branch| !branch.trim().is_empty()) {
        spell_out(&prefix, branch, found);
    }
}

/// A function as far as its signature and its length go.
pub(crate) struct Function<'a> {
    pub(crate) name: &'a str,
    pub(crate) parameters: &'a str,
    pub(crate) lines: usize,
}

/// Every function that is declared or defined in the code, and its line.
pub(crate) fn functions(code: &str) -> Vec<(usize, Function<'_>)> {
    let mut found = words(code);
    found.retain(|(_, rest)| rest.starts_with("fn "));
    found.into_iter().map(|(line, rest)| (line, function(rest))).collect()
}

fn function(code: &str) -> Function<'_> {
    let declaration = &code[..item_length(code)];
    let signature = &declaration["fn ".len()..];
    let (name, rest) = signature.split_at(signature.find(|letter| !is_word(letter)).unwrap_or_default());
    let parameters = &rest[generics(rest)..];
    Function {
        name,
        parameters: parameters[..matching(parameters, '(', ')')].trim_matches(['(', ')']),
        lines: declaration.lines().count(),
    }
}

/// The length of the `<...>` behind a function's name.
fn generics(signature: &str) -> usize {
    if signature.starts_with('<') { matching(&signature.replace("->", "  "), '<', '>') } else { 0 }
}

/// The length up to the bracket that closes the first one.
fn matching(code: &str, open: char, close: char) -> usize {
    let mut depth = 0_usize;
    for (at, letter) in code.char_indices() {
        if letter == open {
            depth += 1;
        } else if letter == close {
            depth = depth.saturating_sub(1);
            if depth == 0 {
                return at + close.len_utf8();
            }
        }
    }
    code.len()
}

/// Where each word begins: its line, and the code from there on.
pub(crate) fn words(code: &str) -> Vec<(usize, &str)> {
    let mut found = Vec::new();
    let mut line = 1;
    let mut before = ' ';
    for (at, letter) in code.char_indices() {
        if is_word(letter) && !is_word(before) {
            found.push((line, &code[at..]));
        }
        line += usize::from(letter == '\n');
        before = letter;
    }
    found
}

/// The length of the item that `code` begins with: up to its `;`, or to the brace that closes it.
pub(crate) fn item_length(code: &str) -> usize {
    let mut depth = 0_usize;
    for (at, next) in code.char_indices() {
        match next {
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth == 0 && matches!(next, '}' | ';') {
            return at + 1;
        }
    }
    code.len()
}

pub(crate) fn is_word(letter: char) -> bool {
    letter.is_alphanumeric() || letter == '_'
}
