//! Short ASCII codes held inline, and the check that typed text is only text.

/// Whether `c` could hide or reorder what a screen or a chart shows: control, bidirectional, zero-width and other
/// formatting characters, line separators and private-use ones.
///
/// The ranges are Unicode's general categories Cc and Co and the Cf characters that change layout (UAX #9, UTS #39).
pub fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e000}'..='\u{f8ff}'
            | '\u{e0000}'..='\u{10ffff}')
}

/// Defines a short upper-case ASCII code that is `Copy` and holds its bytes inline.
macro_rules! inline_code {
    ($(#[$doc:meta])* $name:ident, $max:literal, $error:ident, $message:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name([u8; $max]);

        #[doc = concat!("A text that is no `", stringify!($name), "`.")]
        #[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
        #[error($message)]
        pub struct $error(String);

        impl $name {
            /// Reads a code; lower case is taken as upper.
            pub fn parse(text: &str) -> Result<Self, $error> {
                let bytes = text.as_bytes();
                if bytes.is_empty() || bytes.len() > $max || !bytes.iter().all(u8::is_ascii_alphanumeric) {
                    return Err($error(text.chars().filter(|c| !crate::domain::text::is_hidden(*c)).take(20).collect()));
                }
                let mut code = [0; $max];
                code[..bytes.len()].copy_from_slice(bytes);
                code.make_ascii_uppercase();
                Ok(Self(code))
            }

            /// The code as text.
            pub fn as_str(&self) -> &str {
                let len = self.0.iter().position(|b| *b == 0).unwrap_or($max);
                std::str::from_utf8(&self.0[..len]).expect("only ASCII goes in")
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl std::str::FromStr for $name {
            type Err = $error;
            fn from_str(text: &str) -> Result<Self, $error> {
                Self::parse(text)
            }
        }

        impl TryFrom<String> for $name {
            type Error = $error;
            fn try_from(text: String) -> Result<Self, $error> {
                Self::parse(&text)
            }
        }

        impl From<$name> for String {
            fn from(code: $name) -> Self {
                code.as_str().to_owned()
            }
        }
    };
}
pub(crate) use inline_code;

#[cfg(test)]
mod tests {
    use super::is_hidden;

    #[test]
    fn names_of_every_script_are_text_and_tricks_are_not() {
        assert!("अनीता Ó Briain 李".chars().all(|c| !is_hidden(c)));
        for trick in ['\u{1b}', '\n', '\u{202e}', '\u{200b}', '\u{9b}', '\u{feff}', '\u{2066}'] {
            assert!(is_hidden(trick), "{trick:?}");
        }
    }
}
