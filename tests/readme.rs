//! What the README says of the program, held against the program.

use std::path::Path;

#[test]
fn the_readme_lists_the_keys() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    let readme = std::fs::read_to_string(&path).expect("the README is there");
    let (before, rest) = readme
        .split_once("from the table ACTIONS -->\n")
        .expect("a beginning");
    let (_, after) = rest.split_once("<!-- end of keys -->").expect("an end");
    let table = orgscope::action::key_table();
    let wanted = format!("{before}from the table ACTIONS -->\n{table}<!-- end of keys -->{after}");
    if std::env::var_os("UPDATE_README").is_some() {
        std::fs::write(&path, &wanted).expect("the README can be written");
    }
    assert!(
        readme == wanted,
        "the keys have changed: UPDATE_README=1 cargo test readme"
    );
}
