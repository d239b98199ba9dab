//! The program's own rules as texts: each entry as it would be published, with the remarks that stand above it.

use crate::domain::rules::book::RuleKind;
use crate::service::rules_file::RulesText;

/// The text of rules of the program, by their name, as it could be published; `None` when the program has none of the name.
pub fn shipped_text(id: &str) -> Option<(RuleKind, String)> {
    RuleKind::ALL.into_iter().find_map(|kind| Some((kind, entry(file(kind), kind, id)?)))
}

fn file(kind: RuleKind) -> &'static str {
    let text = RulesText::BUNDLED;
    match kind {
        RuleKind::Fares => text.fares,
        RuleKind::Booking => text.booking,
        RuleKind::Refunds => text.refunds,
        RuleKind::Quotas => text.quotas,
        RuleKind::Charts => text.charts,
    }
}

/// What stands before the first entry and the entry itself, without its name and its day.
fn entry(file: &str, kind: RuleKind, id: &str) -> Option<String> {
    let lines: Vec<_> = file.lines().collect();
    let head = format!("[[{kind}]]");
    // The remarks right above an entry are its own.
    let begins = |line: usize| {
        let remarks = lines[..line].iter().rev().take_while(|line| line.starts_with('#')).count();
        line - remarks
    };
    let heads: Vec<_> = (0..lines.len()).filter(|line| lines[*line] == head).collect();
    let named = format!("id = \"{id}\"");
    let nth = heads.iter().position(|line| lines.get(line + 1) == Some(&named.as_str()))?;
    let end = heads.get(nth + 1).map_or(lines.len(), |next| begins(*next));
    let before = &lines[..begins(*heads.first()?)];
    let own =
        lines[begins(heads[nth])..end].iter().filter(|line| !line.starts_with("id = ") && !line.starts_with("from = "));
    let text = before.iter().chain(own).copied().collect::<Vec<_>>().join("\n");
    Some(format!("{}\n", text.trim_end()))
}
