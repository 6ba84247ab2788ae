//! The secrets that this process knows, and their removal from whatever is shown; no imports.
//!
//! Two kinds of text are searched. A server's is searched for each whole secret and for each longer
//! part of one, since servers cut off what they repeat, or may give it back in pieces. Our own,
//! in which a server's is embedded, is searched for whole secrets only: a part of a payload, such as
//! a host name, may be an ordinary word of ours.

use secrecy::{ExposeSecret, SecretString};
use std::collections::HashMap;
use std::fmt;
use std::ops::Range;
use std::sync::{Arc, PoisonError, RwLock};

/// Stands where a secret was.
pub const MARK: &str = "(redacted)";

/// A shorter text is no secret to be searched for, and one of a single class (only small letters, only
/// digits) not below the second limit: it is as likely an ordinary word or number. To remove it from
/// everything would make nonsense of the messages, and tell the reader which word it is.
const SHORTEST: usize = 6;
const SHORTEST_OF_ONE_CLASS: usize = 12;
const FEWEST_DIFFERENT: usize = 4;
/// The shortest part of a secret that is removed from what a server says.
const PART: usize = 16;
/// Secrets are looked up by this many bytes at every `STRIDE`th place, so that each part of `PART`
/// bytes has one of these places in it.
const GRAM: usize = SHORTEST;
const STRIDE: usize = PART - GRAM + 1;
/// As much of a secret is kept, so that large payloads do not fill the memory.
const LONGEST: usize = 4096;
/// The longest text of a server that is searched; what follows is dropped.
const LONGEST_ANSWER: usize = 8192;
/// An encoding in an encoding is looked through, such as Base64 in a percent-encoded text.
const DEPTH: usize = 2;

/// What this process knows. Clones share it. It only grows: a key that was replaced may still be
/// valid.
#[derive(Clone, Default)]
pub struct KnownSecrets(Arc<RwLock<Index>>);

#[derive(Default)]
struct Index {
    /// Without white space and invisible characters, which may be lost on the way.
    secrets: Vec<SecretString>,
    /// Which secret has these bytes at which place.
    places: HashMap<[u8; GRAM], Vec<(usize, usize)>>,
}

/// A text as it would read after decoding, and where in the text each byte comes from.
#[derive(Default)]
struct Reading {
    bytes: Vec<u8>,
    from: Vec<Range<usize>>,
}

impl fmt::Debug for KnownSecrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KnownSecrets")
    }
}

impl KnownSecrets {
    /// Remembers a secret, unless it is too short or too simple to be told from a word.
    pub fn add(&self, secret: &str) {
        let end = secret.floor_char_boundary(LONGEST);
        let secret: String = secret.split_at(end).0.chars().filter(|c| !is_ignored(*c)).collect();
        if !is_worth_hiding(&secret)
            || self.0.read().unwrap_or_else(PoisonError::into_inner).has(&secret)
        {
            return;
        }
        self.0.write().unwrap_or_else(PoisonError::into_inner).insert(secret);
    }

    /// Removes whole secrets from texts of ours that are shown together, also a secret that begins in
    /// one and ends in the next, and what a terminal would obey.
    pub fn remove_from(&self, texts: &mut [&mut String]) {
        self.remove(texts, usize::MAX);
        for text in texts {
            make_visible(text, |c| matches!(c, '\n' | '\t'));
        }
    }

    /// Removes secrets and parts of them from texts of a server that are shown together, and makes
    /// each a single line.
    pub fn remove_from_answer(&self, texts: &mut [&mut String]) {
        let mut left = LONGEST_ANSWER;
        for text in texts.iter_mut() {
            text.truncate(text.floor_char_boundary(left));
            left -= text.len();
        }
        self.remove(texts, PART);
        for text in texts {
            make_visible(text, |_| false);
        }
    }

    fn remove(&self, texts: &mut [&mut String], part: usize) {
        let index = self.0.read().unwrap_or_else(PoisonError::into_inner);
        if index.secrets.is_empty() {
            return;
        }
        let joined: String = texts.iter().map(|text| text.as_str()).collect();
        let found = index.find(&joined, part);
        let mut end = joined.len();
        for text in texts.iter_mut().rev() {
            let start = end - text.len();
            for found in found.iter().rev() {
                let (from, to) = (found.start.max(start), found.end.min(end));
                if from < to {
                    text.replace_range(from - start..to - start, MARK);
                }
            }
            end = start;
        }
    }
}

impl Index {
    fn has(&self, secret: &str) -> bool {
        let Some(first) = secret.as_bytes().first_chunk::<GRAM>() else { return false };
        let of = |number: usize| self.secrets.get(number).map(ExposeSecret::expose_secret);
        let places = self.places.get(first).map_or(&[][..], Vec::as_slice);
        places.iter().any(|(number, place)| *place == 0 && of(*number) == Some(secret))
    }

    fn insert(&mut self, secret: String) {
        if self.has(&secret) {
            return;
        }
        let number = self.secrets.len();
        for (place, gram) in secret.as_bytes().windows(GRAM).enumerate().step_by(STRIDE) {
            if let Some(gram) = gram.first_chunk::<GRAM>() {
                self.places.entry(*gram).or_default().push((number, place));
            }
        }
        self.secrets.push(secret.into());
    }

    /// Where in the text secrets or their parts are, in order and without overlaps.
    fn find(&self, text: &str, part: usize) -> Vec<Range<usize>> {
        let mut found = Vec::new();
        let mut readings = vec![Reading::of(text)];
        for _ in 0..=DEPTH {
            for reading in &readings {
                self.find_in(reading, part, &mut found);
            }
            readings = readings.iter().flat_map(Reading::decoded).collect();
        }
        found.sort_by_key(|range| range.start);
        let mut merged: Vec<Range<usize>> = Vec::new();
        for range in found {
            match merged.last_mut() {
                Some(last) if range.start <= last.end => last.end = last.end.max(range.end),
                _ => merged.push(range),
            }
        }
        merged
    }

    fn find_in(&self, reading: &Reading, part: usize, found: &mut Vec<Range<usize>>) {
        for (at, gram) in reading.bytes.windows(GRAM).enumerate() {
            let places = gram.first_chunk::<GRAM>().and_then(|gram| self.places.get(gram));
            for (number, place) in places.into_iter().flatten() {
                let Some(secret) = self.secrets.get(*number) else { continue };
                let secret = secret.expose_secret().as_bytes();
                let (before, after) = (reading.bytes.split_at(at), secret.split_at(*place));
                let same = |pair: &(&u8, &u8)| pair.0 == pair.1;
                let left = before.0.iter().rev().zip(after.0.iter().rev()).take_while(same).count();
                let right = before.1.iter().zip(after.1).take_while(same).count();
                if left + right >= part.min(secret.len()) {
                    let range = reading.from.get(at - left..at + right).unwrap_or_default();
                    if let (Some(first), Some(last)) = (range.first(), range.last()) {
                        found.push(first.start..last.end);
                    }
                }
            }
        }
    }
}

impl Reading {
    /// The text without white space and invisible characters.
    fn of(text: &str) -> Self {
        let mut reading = Self::default();
        for (start, c) in text.char_indices().filter(|(_, c)| !is_ignored(*c)) {
            let end = start + c.len_utf8();
            reading.bytes.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
            reading.from.resize(reading.bytes.len(), start..end);
        }
        reading
    }

    fn push(&mut self, byte: u8, from: Range<usize>) {
        if byte > b' ' && byte != 0x7f {
            self.bytes.push(byte);
            self.from.push(from);
        }
    }

    fn source(&self, first: usize, last: usize) -> Range<usize> {
        let start = self.from.get(first).map_or(0, |from| from.start);
        start..self.from.get(last).map_or(start, |from| from.end)
    }

    /// What it reads as in each encoding that it may be in.
    fn decoded(&self) -> Vec<Self> {
        let runs = self.base64();
        let mut decoded: Vec<Self> = match runs[..] {
            [] => Vec::new(),
            _ => (0..4).map(|skipped| self.out_of_base64(&runs, skipped)).collect(),
        };
        if self.bytes.contains(&b'%') {
            decoded.push(self.unescaped(b'%', percent));
        }
        if self.bytes.contains(&b'+') {
            // A space in a form, where a literal `+` is an escape.
            let mut form = Self::default();
            for (byte, from) in self.bytes.iter().zip(&self.from) {
                if *byte != b'+' {
                    form.push(*byte, from.clone());
                }
            }
            decoded.push(form);
        }
        if self.bytes.contains(&b'\\') {
            decoded.push(self.unescaped(b'\\', backslash));
        }
        decoded.retain(|reading| reading.bytes.len() >= GRAM);
        decoded
    }

    /// With each escape that begins with `mark` replaced by what it stands for; `escape` reads what
    /// follows the mark, and says how long that is.
    fn unescaped(&self, mark: u8, escape: fn(&[u8]) -> Option<(char, usize)>) -> Self {
        let mut reading = Self::default();
        let mut at = 0;
        while let Some(byte) = self.bytes.get(at) {
            let rest = self.bytes.get(at + 1..).unwrap_or_default();
            match escape(rest).filter(|_| *byte == mark) {
                Some((c, length)) => {
                    let from = self.source(at, at + length);
                    let mut buffer = [0; 4];
                    let encoded = match (mark, u8::try_from(u32::from(c))) {
                        // A percent escape is a byte, and not a character.
                        (b'%', Ok(byte)) => &[byte][..],
                        _ => c.encode_utf8(&mut buffer).as_bytes(),
                    };
                    for byte in encoded {
                        reading.push(*byte, from.clone());
                    }
                    at += 1 + length;
                }
                None => {
                    reading.push(*byte, self.source(at, at));
                    at += 1;
                }
            }
        }
        reading
    }

    /// The runs of Base64 in either alphabet that are long enough for the shortest secret: where
    /// each begins, and its values.
    fn base64(&self) -> Vec<(usize, Vec<u32>)> {
        let mut runs = Vec::new();
        let mut start = 0;
        for run in self.bytes.split(|byte| sextet(*byte).is_none()) {
            if run.len() >= GRAM * 4 / 3 {
                runs.push((start, run.iter().filter_map(|byte| sextet(*byte)).collect()));
            }
            start += run.len() + 1;
        }
        runs
    }

    /// Each run decoded from its character `skipped` on: where in a longer text a secret begins is
    /// not known, so one of the four is right.
    fn out_of_base64(&self, runs: &[(usize, Vec<u32>)], skipped: usize) -> Self {
        let mut reading = Self::default();
        for (start, run) in runs {
            for (number, four) in run.get(skipped..).unwrap_or_default().chunks(4).enumerate() {
                let bits = four.iter().fold(0, |bits, sextet| bits << 6 | sextet);
                let bits = bits << (6 * (4 - four.len()));
                let first = start + skipped + number * 4;
                // Two characters hold one byte, three hold two, four hold three.
                for (place, byte) in bits.to_be_bytes().into_iter().skip(1).enumerate() {
                    if place + 1 < four.len() {
                        reading.push(byte, self.source(first + place, first + place + 1));
                    }
                }
            }
            // Two runs are not one text.
            reading.bytes.push(0);
            reading.from.push(self.source(*start, *start));
        }
        reading
    }
}

/// The value of a Base64 character, in the standard and in the URL alphabet.
fn sextet(byte: u8) -> Option<u32> {
    Some(u32::from(match byte {
        b'A'..=b'Z' => byte - b'A',
        b'a'..=b'z' => byte - b'a' + 26,
        b'0'..=b'9' => byte - b'0' + 52,
        b'+' | b'-' => 62,
        b'/' | b'_' => 63,
        _ => return None,
    }))
}

/// Reads `41` of `%41`.
fn percent(rest: &[u8]) -> Option<(char, usize)> {
    hexadecimal(rest.get(..2)?).map(|c| (c, 2))
}

/// Reads what follows a backslash in JSON, and in Rust's texts for debugging.
fn backslash(rest: &[u8]) -> Option<(char, usize)> {
    Some(match rest.first()? {
        b'n' | b'r' | b't' | b'b' | b'f' => (' ', 1),
        b'u' => match rest.get(1)? {
            b'{' => {
                let end = rest.iter().take(9).position(|byte| *byte == b'}')?;
                (hexadecimal(rest.get(2..end)?)?, end + 1)
            }
            _ => (hexadecimal(rest.get(1..5)?)?, 5),
        },
        byte @ (b'"' | b'\'' | b'\\' | b'/') => (char::from(*byte), 1),
        _ => return None,
    })
}

fn hexadecimal(digits: &[u8]) -> Option<char> {
    let digits = str::from_utf8(digits).ok().filter(|text| !text.starts_with('+'))?;
    char::from_u32(u32::from_str_radix(digits, 16).ok()?)
}

fn is_worth_hiding(secret: &str) -> bool {
    let classes: [fn(&char) -> bool; 3] =
        [char::is_ascii_lowercase, char::is_ascii_uppercase, char::is_ascii_digit];
    let of_one_class = classes.iter().any(|class| secret.chars().all(|c| class(&c)));
    let shortest = if of_one_class { SHORTEST_OF_ONE_CLASS } else { SHORTEST };
    let mut different: Vec<char> = secret.chars().take(LONGEST).collect();
    different.sort_unstable();
    different.dedup();
    secret.len() >= shortest && different.len() >= FEWEST_DIFFERENT
}

/// White space, and what cannot be seen: a secret is the same with and without it.
fn is_ignored(c: char) -> bool {
    c.is_ascii_whitespace() || is_obeyed(c) || matches!(c, '\u{200c}' | '\u{200d}')
}

/// What changes how a terminal shows the rest of a text: control characters, marks of direction,
/// and characters without a width.
fn is_obeyed(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{61c}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{e0000}'..='\u{e007f}'
        )
}

fn make_visible(text: &mut String, except: fn(char) -> bool) {
    let is_replaced = |c: char| is_obeyed(c) && !except(c);
    if text.contains(is_replaced) {
        *text = text.replace(is_replaced, " ");
    }
}

#[cfg(test)]
mod tests;
