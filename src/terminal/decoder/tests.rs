use proptest::prelude::*;
use rstest::rstest;

use super::{Decoder, Endless, LONGEST};
use crate::ui::keys::{Key, Mouse, MouseKind};
use crate::ui::msg::LONGEST_PASTE;
use crate::ui::msg::Msg;

/// What was told, in a form that can be compared.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Told {
    Key(Key),
    Mouse(Mouse),
    Paste(String),
}

fn told(msg: Msg) -> Told {
    match msg {
        Msg::Key(key) => Told::Key(key),
        Msg::Mouse(mouse) => Told::Mouse(mouse),
        Msg::Paste(text) => Told::Paste(text),
        other => panic!("a terminal does not send {other:?}"),
    }
}

/// What pieces mean that come one after the other, and then nothing more.
fn read(pieces: &[&[u8]]) -> Result<Vec<Told>, Endless> {
    let (mut decoder, mut all) = (Decoder::default(), Vec::new());
    for piece in pieces {
        decoder.take(piece, |msg| all.push(told(msg)))?;
    }
    decoder.settle(|msg| all.push(told(msg)));
    assert!(!decoder.is_waiting());
    Ok(all)
}

fn keys(keys: &[Key]) -> Vec<Told> {
    keys.iter().map(|key| Told::Key(*key)).collect()
}

#[rstest]
#[case::letters(b"Ab", &[Key::Char('A'), Key::Char('b')])]
#[case::other_scripts("नé".as_bytes(), &[Key::Char('न'), Key::Char('é')])]
#[case::enter_and_backspace(b"\r\x7f", &[Key::Enter, Key::Backspace])]
#[case::control(b"\x01\x0c", &[Key::Ctrl('a'), Key::Ctrl('l')])]
#[case::alt(b"\x1bs", &[Key::Alt('s')])]
#[case::escape(b"\x1b", &[Key::Esc])]
#[case::arrows(b"\x1b[A\x1b[B\x1bOC\x1b[D", &[Key::Up, Key::Down, Key::Right, Key::Left])]
#[case::ends(b"\x1b[H\x1b[F\x1b[1~\x1b[4~", &[Key::Home, Key::End, Key::Home, Key::End])]
#[case::pages(b"\x1b[5~\x1b[6~\x1b[3~", &[Key::PageUp, Key::PageDown, Key::Delete])]
#[case::functions(b"\x1bOP\x1b[15~\x1b[24~", &[Key::F(1), Key::F(5), Key::F(12)])]
#[case::functions_of_the_console(b"\x1b[[A\x1b[[E", &[Key::F(1), Key::F(5)])]
#[case::tabs(b"\t\x1b[Z", &[Key::Tab, Key::BackTab])]
#[case::unknown(b"\x1b[?1;2cx", &[Key::Char('x')])]
fn keys_have_one_name(#[case] bytes: &[u8], #[case] meant: &[Key]) {
    assert_eq!(read(&[bytes]), Ok(keys(meant)));
}

#[test]
fn a_finger_and_a_wheel_are_somewhere() {
    let at = |kind, x, y| Told::Mouse(Mouse { kind, at: (x, y).into() });
    let meant = vec![at(MouseKind::Press, 9, 4), at(MouseKind::ScrollUp, 0, 0), at(MouseKind::ScrollDown, 221, 79)];
    assert_eq!(read(&[b"\x1b[<0;10;5M\x1b[<0;10;5m\x1b[<64;1;1M\x1b[<65;222;80M"]), Ok(meant));
}

/// Bytes as terminals send them, with everything that may be cut.
const RECORDED: &[&[u8]] = &[
    b"ndls\t\x1b[B\x1b[B\r\x1b[<0;12;7M\x1b[<0;12;7m",
    "अनीता\x1b[200~शर्मा é 日本\r\nDelhi\x1b[201~\x1bOP\x7f".as_bytes(),
    b"\x1b[1;5C\x1b[Z\x1b[24~\x1bq\x01",
    b"\x1b[200~\x1b[20\x1b[201\x1b[201~x",
];

#[test]
fn it_does_not_matter_where_a_stream_is_cut() {
    for bytes in RECORDED {
        let whole = read(&[bytes]).expect("it has an end");
        for cut in 0..=bytes.len() {
            let (before, after) = bytes.split_at(cut);
            assert_eq!(read(&[before, after]).as_ref(), Ok(&whole), "cut at {cut} of {bytes:?}");
        }
        let bytewise: Vec<_> = bytes.chunks(1).collect();
        assert_eq!(read(&bytewise).as_ref(), Ok(&whole), "{bytes:?}");
    }
}

#[test]
fn a_giant_paste_is_a_paste_of_the_most_that_is_taken_and_types_nothing() {
    let (mut decoder, mut all) = (Decoder::default(), Vec::new());
    let mut take = |bytes: &[u8]| decoder.take(bytes, |msg| all.push(told(msg))).expect("a paste may be long");
    take(b"\x1b[200~");
    for _ in 0..1_000 {
        take(&[b'q'; 10_000]);
    }
    take(b"\x1b[201~x");
    assert_eq!(all, [Told::Paste("q".repeat(LONGEST_PASTE)), Told::Key(Key::Char('x'))]);
    assert!(decoder.paste.is_none());
}

#[test]
fn of_a_paste_without_an_end_only_so_much_is_kept() {
    let mut decoder = Decoder::default();
    decoder.take(b"\x1b[200~", |_| {}).expect("it has begun");
    decoder.take(&[0xc3, 0xa9].repeat(500_000), |msg| panic!("{msg:?}")).expect("a paste may be long");
    let kept = &decoder.paste.as_ref().expect("it goes on").text;
    assert!(kept.capacity() <= 8 * LONGEST_PASTE, "{} bytes", kept.capacity());
    assert!(!decoder.is_waiting(), "no moment of quiet ends a paste");
}

#[rstest]
#[case(b"\x1b]0;")]
#[case(b"\x1b[")]
#[case(b"\x1bP")]
fn a_sequence_without_an_end_is_refused(#[case] begins: &[u8]) {
    let bytes = [begins, &[b'1'; 10 * LONGEST]].concat();
    assert_eq!(read(&[&bytes]), Err(Endless));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    /// Whatever comes, it is read or refused, and little of it is kept.
    #[test]
    fn anything_may_come(pieces in prop::collection::vec(piece(), 0..20)) {
        let mut decoder = Decoder::default();
        for bytes in &pieces {
            if decoder.take(bytes, |_| {}).is_err() {
                return Ok(());
            }
            prop_assert!(decoder.begun.len() <= LONGEST);
        }
        decoder.settle(|_| {});
        prop_assert!(!decoder.is_waiting());
    }

    /// However a stream is cut, it means the same.
    #[test]
    fn cuts_mean_nothing(pieces in prop::collection::vec(piece(), 0..8), cuts in prop::collection::vec(0..64_usize, 0..8)) {
        let bytes = pieces.concat();
        let mut rest = bytes.as_slice();
        let mut cut = Vec::new();
        for at in cuts {
            let (before, after) = rest.split_at(at.min(rest.len()));
            cut.push(before);
            rest = after;
        }
        cut.push(rest);
        prop_assert_eq!(read(&cut), read(&[&bytes]));
    }
}

/// Sequences, parts of them, and noise.
fn piece() -> impl Strategy<Value = Vec<u8>> {
    let known = prop::sample::select(vec![
        b"\x1b".to_vec(),
        b"\x1b[".to_vec(),
        b"\x1b[A".to_vec(),
        b"\x1b[<0;3;4M".to_vec(),
        b"\x1b[200~".to_vec(),
        b"\x1b[201~".to_vec(),
        b"\x1b]0;x\x07".to_vec(),
        b"\x1b[1;5".to_vec(),
        "न".as_bytes().to_vec(),
        "न".as_bytes()[..2].to_vec(),
        b"abc\r".to_vec(),
        vec![0xff, 0xfe],
    ]);
    prop_oneof![known, prop::collection::vec(any::<u8>(), 0..12)]
}
