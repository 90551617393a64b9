//! Where a request stands in a distributed trace: the headers `traceparent` and `tracestate` of the W3C recommendation
//! "Trace Context", level 1, read as it says. What is not as it says is as if it were not there. Nothing is looked at before
//! somebody wants to know.

use std::fmt;

use http::{HeaderMap, HeaderName};

const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");
const TRACESTATE: HeaderName = HeaderName::from_static("tracestate");

/// How long the first version of `traceparent` is, and the part of every later one that can be read.
const LENGTH: usize = 55;

/// How many members `tracestate` may have.
const MAX_MEMBERS: usize = 32;

/// How much of `tracestate` is kept, which is how much has to be.
const MAX_STATE: usize = 512;

/// The id of a trace, as 32 lower-case hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TraceId(u128);

/// What a caller says about the trace that its request belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TraceContext {
    trace_id: TraceId,
    parent_id: u64,
    is_sampled: bool,
}

impl TraceId {
    pub(crate) const fn new(number: u128) -> Option<Self> {
        if number == 0 { None } else { Some(Self(number)) }
    }

    /// The number that the digits are.
    pub const fn get(self) -> u128 {
        self.0
    }
}

impl fmt::Display for TraceId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:032x}", self.0)
    }
}

impl TraceContext {
    /// What the headers say, if they have one `traceparent` that is one.
    pub fn from_headers(headers: &HeaderMap) -> Option<Self> {
        let mut values = headers.get_all(TRACEPARENT).iter();
        let value = values.next()?;
        if values.next().is_some() { None } else { Self::parse(value.as_bytes()) }
    }

    fn parse(value: &[u8]) -> Option<Self> {
        let version = hexadecimal(value.get(..2)?)?;
        let is_long_enough = value.len() == LENGTH || (version > 0 && value.get(LENGTH) == Some(&b'-'));
        let has_dashes = [2, 35, 52].into_iter().all(|place| value.get(place) == Some(&b'-'));
        if version == 0xff || !is_long_enough || !has_dashes {
            return None;
        }
        let trace_id = TraceId::new(hexadecimal(&value[3..35])?)?;
        let parent_id = u64::try_from(hexadecimal(&value[36..52])?).ok().filter(|id| *id != 0)?;
        // Flags that a later version may have are of no meaning to this one.
        let flags = hexadecimal(&value[53..LENGTH])?;
        Some(Self { trace_id, parent_id, is_sampled: flags & 1 == 1 })
    }

    /// The trace.
    pub const fn trace_id(&self) -> TraceId {
        self.trace_id
    }

    /// The caller's own part of it.
    pub const fn parent_id(&self) -> u64 {
        self.parent_id
    }

    /// Whether the caller records it.
    pub const fn is_sampled(&self) -> bool {
        self.is_sampled
    }
}

/// What vendors noted in `tracestate`, its lines as one: nothing unless all of it is as it should be. Members that are beyond what
/// has to be kept are taken from the end, where the oldest stand.
pub(crate) fn trace_state(headers: &HeaderMap) -> Option<String> {
    let mut members: Vec<(&str, &str)> = Vec::new();
    for value in headers.get_all(TRACESTATE) {
        for member in value.to_str().ok()?.split(',') {
            let member = member.trim_matches([' ', '\t']);
            if member.is_empty() {
                continue;
            }
            let (key, value) = member.split_once('=')?;
            let is_new = members.iter().all(|(other, _)| *other != key);
            if !is_new || !is_key(key) || !is_value(value) || members.len() == MAX_MEMBERS {
                return None;
            }
            members.push((key, value));
        }
    }
    let mut state = String::new();
    for (key, value) in members {
        if state.len() + key.len() + value.len() + 2 > MAX_STATE {
            break;
        }
        let separator = if state.is_empty() { "" } else { "," };
        state.extend([separator, key, "=", value]);
    }
    (!state.is_empty()).then_some(state)
}

fn is_key(key: &str) -> bool {
    let is_part = |part: &str, longest: usize, may_begin: fn(u8) -> bool| {
        let inside = |byte: u8| {
            byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'_' | b'-' | b'*' | b'/')
        };
        part.len() <= longest && part.bytes().next().is_some_and(may_begin) && part.bytes().all(inside)
    };
    let letter = |byte: u8| byte.is_ascii_lowercase();
    match key.split_once('@') {
        None => is_part(key, 256, letter),
        Some((tenant, system)) => {
            is_part(tenant, 241, |byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
                && is_part(system, 14, letter)
        }
    }
}

fn is_value(value: &str) -> bool {
    let inside = |byte: u8| matches!(byte, 0x20..=0x7e) && byte != b',' && byte != b'=';
    (1..=256).contains(&value.len()) && value.bytes().all(inside) && !value.ends_with(' ')
}

/// Digits in lower case; others are none here.
fn hexadecimal(digits: &[u8]) -> Option<u128> {
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    };
    digits.iter().try_fold(0, |number, byte| Some((number << 4) | u128::from(digit(*byte)?)))
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
    const PARENT: &str = "00f067aa0ba902b7";

    fn headers(name: &'static str, values: &[&str]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(name, HeaderValue::from_bytes(value.as_bytes()).unwrap());
        }
        headers
    }

    fn parent(values: &[&str]) -> Option<TraceContext> {
        TraceContext::from_headers(&headers("traceparent", values))
    }

    fn state(values: &[&str]) -> Option<String> {
        trace_state(&headers("tracestate", values))
    }

    #[test]
    fn a_parent_is_read_with_its_trace_and_whether_it_is_sampled() {
        for (flags, is_sampled) in [("00", false), ("01", true), ("02", false), ("ff", true)] {
            let context = parent(&[&format!("00-{TRACE}-{PARENT}-{flags}")]).unwrap();
            assert_eq!(context.trace_id().to_string(), TRACE);
            assert_eq!(format!("{:016x}", context.parent_id()), PARENT);
            assert_eq!(context.is_sampled(), is_sampled, "{flags}");
        }
    }

    #[test]
    fn later_versions_are_read_as_far_as_this_one_goes() {
        for (version, rest) in
            [("01", ""), ("cc", "-what-the-future-will-be-like"), ("fe", "-"), ("01", "-09")]
        {
            let context = parent(&[&format!("{version}-{TRACE}-{PARENT}-01{rest}")]).unwrap();
            assert_eq!(context.trace_id().to_string(), TRACE, "{version}");
        }
    }

    #[test]
    fn what_is_no_parent_is_as_if_it_were_not_there() {
        let good = format!("00-{TRACE}-{PARENT}-01");
        for bad in [
            String::new(),
            "00".to_owned(),
            format!("ff-{TRACE}-{PARENT}-01"),
            format!("0-{TRACE}-{PARENT}-01"),
            format!("0x-{TRACE}-{PARENT}-01"),
            format!("00-{}-{PARENT}-01", "0".repeat(32)),
            format!("00-{TRACE}-{}-01", "0".repeat(16)),
            format!("00-{}-{PARENT}-01", TRACE.to_uppercase()),
            format!("00-{TRACE}-{}-01", PARENT.to_uppercase()),
            format!("0A-{TRACE}-{PARENT}-01"),
            format!("00-{TRACE}-{PARENT}-0A"),
            format!("00-{TRACE}-{PARENT}-1"),
            format!("00-{TRACE}-{PARENT}"),
            format!("00-{TRACE}-{PARENT}-01-what-the-future-will-be-like"),
            format!("{good}-"),
            format!("{good}0"),
            format!("cc-{TRACE}-{PARENT}-01.what"),
            format!("00_{TRACE}_{PARENT}_01"),
            format!("00-{}-{PARENT}-01", &TRACE[1..]),
            format!("00-{}.-{PARENT}-01", &TRACE[1..]),
            format!("00-{TRACE}-{}\u{e9}-01", &PARENT[2..]),
            format!("{good},{good}"),
        ] {
            assert_eq!(parent(&[&bad]), None, "{bad}");
        }
        assert_eq!(parent(&[]), None);
        assert_eq!(parent(&[&good, &good]), None, "of two nobody knows which");
        assert!(parent(&[&good]).is_some());
    }

    #[test]
    fn state_is_kept_as_one_line_when_all_of_it_is_right() {
        assert_eq!(state(&[" a=1 ,\t, b2_-*/=x y", "", "0t@v= z"]).unwrap(), "a=1,b2_-*/=x y,0t@v= z");
        let full = (0..32).map(|number| format!("k{number}=v")).collect::<Vec<_>>().join(",");
        assert_eq!(state(&[&full]).as_deref(), Some(full.as_str()));
        let longest = format!("{}={}", "k".repeat(256), "v".repeat(200));
        assert_eq!(state(&[&longest]).unwrap(), longest);
        for bad in [
            String::new(),
            "a".to_owned(),
            "=1".to_owned(),
            "a=".to_owned(),
            "A=1".to_owned(),
            "1a=1".to_owned(),
            "a =1".to_owned(),
            "a=1=2".to_owned(),
            "a=\u{e9}".to_owned(),
            "a@1=1".to_owned(),
            "@v=1".to_owned(),
            "a@=1".to_owned(),
            "a@b@c=1".to_owned(),
            format!("a@{}=1", "v".repeat(15)),
            format!("{}@v=1", "t".repeat(242)),
            "a=1,a=2".to_owned(),
            "good=1,bad".to_owned(),
            format!("{}=1", "k".repeat(257)),
            format!("k={}", "v".repeat(257)),
            format!("{full},one=more"),
        ] {
            assert_eq!(state(&[&bad]), None, "{bad}");
        }
    }

    #[test]
    fn of_a_long_state_whole_members_are_left_out_at_the_end() {
        let long = (0..3).map(|key| format!("k{key}={}", "v".repeat(200))).collect::<Vec<_>>();
        assert_eq!(state(&[&long.join(",")]).unwrap(), long[..2].join(","));
    }
}
