//! A query that is probably the name of a command, with a slip in it.

use strsim::damerau_levenshtein;

/// The command that is probably meant by a query of a single word; none where the word is too
/// different from all names, or can be nothing but a query.
pub(super) fn command_meant<'a>(
    query: &[String],
    mut commands: impl Iterator<Item = &'a str>,
) -> Option<&'a str> {
    let [word] = query else {
        return None;
    };
    if !word.chars().all(|c| c.is_ascii_alphabetic()) {
        return None;
    }
    let word = word.to_lowercase();
    commands.find(|command| is_slip(&word, command))
}

/// Whether two letters changed places, or one is missing or too many. One letter for another makes
/// other words, which may be names.
fn is_slip(word: &str, command: &str) -> bool {
    let sorted = |text: &str| {
        let mut letters: Vec<char> = text.chars().collect();
        letters.sort_unstable();
        letters
    };
    let is_other = word.len() == command.len() && sorted(word) != sorted(command);
    damerau_levenshtein(word, command) <= 1 && !is_other
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    fn meant(query: &[&str]) -> Option<String> {
        let cli = super::super::Cli::command();
        let names = cli.get_subcommands().map(clap::Command::get_name);
        let query: Vec<String> = query.iter().map(|&word| word.to_owned()).collect();
        command_meant(&query, names).map(str::to_owned)
    }

    #[test]
    fn a_slip_in_a_command_is_told_from_a_query() {
        for (word, command) in [
            ("exprot", "export"),
            ("Export", "export"),
            ("exports", "export"),
            ("change", "changes"),
            ("closure", "closures"),
            ("jurnal", "journal"),
            ("whosi", "whois"),
            ("dcotor", "doctor"),
            ("mvoe", "move"),
        ] {
            assert_eq!(meant(&[word]).as_deref(), Some(command), "{word}");
        }
        for query in [
            "core",
            "more",
            "expert",
            "import",
            "report",
            "vector",
            "factor",
            "journey",
            "charges",
            "prod",
            "dev",
            "demo",
            "logs",
            "payments",
            "sandbox",
            "audit",
            "network",
            "export-prod",
            "/export",
            "name:exprot",
            "000000000012",
            "!tree",
            "",
        ] {
            assert_eq!(meant(&[query]), None, "{query}");
        }
        assert_eq!(meant(&["exprot", "prod"]), None);
        assert_eq!(meant(&[]), None);
    }
}
