//! Processes under `strace`: their writes and flushes recorded in order, or made to fail.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::Path;
use std::process::{Command, Stdio};

/// What a process did to the files of a database, and what it said, in the order in which it happened.
#[derive(Clone, Debug)]
pub(crate) enum Deed {
    Write {
        file: String,
        offset: usize,
        bytes: Vec<u8>,
    },
    Truncate {
        file: String,
        length: usize,
    },
    Remove {
        file: String,
    },
    /// Of a file or a directory.
    Flush {
        file: String,
        failed: bool,
    },
    Say {
        text: String,
    },
}

/// The same command, with strace between it and the system.
pub(crate) fn traced(command: &Command, options: &[&str], output: &Path) -> Command {
    let probe = Command::new("strace").arg("-V").stdout(Stdio::null()).status();
    assert!(
        probe.is_ok_and(|status| status.success()),
        "strace is not installed; get it with `sudo apt-get install --no-install-recommends -y strace`"
    );
    let mut traced = Command::new("strace");
    traced.args(["-f", "-qq", "-y", "-xx", "-s", "1048576", "-o"]).arg(output);
    traced.args(options).arg(command.get_program()).args(command.get_args());
    let variables: Vec<(&OsStr, &OsStr)> =
        command.get_envs().filter_map(|(name, value)| Some((name, value?))).collect();
    traced.envs(variables).stdout(Stdio::piped()).stderr(Stdio::null());
    traced
}

/// Runs a command to its end and gives what it did to the files in a directory.
pub(crate) fn record(command: &Command, options: &[&str], directory: &Path) -> Vec<Deed> {
    let output = directory.join("trace");
    let calls = "trace=pwrite64,write,fsync,fdatasync,ftruncate,unlink";
    let options: Vec<&str> = ["-e", calls].iter().chain(options).copied().collect();
    let ended = traced(command, &options, &output).output().unwrap();
    assert!(ended.status.success(), "{ended:?}");
    let trace = std::fs::read_to_string(&output).unwrap();
    whole_flushes(&trace).iter().filter_map(|line| deed(line, directory)).collect()
}

/// The lines, save that a flush that another thread interrupted stands as one line where it ended.
fn whole_flushes(trace: &str) -> Vec<String> {
    const INTERRUPTED: &str = " <unfinished ...>";
    let (mut begun, mut lines) = (BTreeMap::new(), Vec::new());
    for line in trace.lines() {
        let (process, call) = line.split_once(' ').unwrap_or((line, ""));
        if call.contains("sync(") && line.ends_with(INTERRUPTED) {
            begun.insert(process, line.trim_end_matches(INTERRUPTED));
        } else if let Some((_, end)) = call.split_once("sync resumed>") {
            lines.push(format!("{}{end}", begun.remove(process).unwrap()));
        } else {
            lines.push(line.to_owned());
        }
    }
    lines
}

/// What a line of strace tells, if it is about these files or about standard output. Of a call that another thread
/// interrupted, the first of two lines counts.
fn deed(line: &str, directory: &Path) -> Option<Deed> {
    let (_, call) = line.split_once(' ')?;
    let call = call.trim_start();
    let (name, rest) = call.split_once('(')?;
    if name == "unlink" {
        let path = quoted(rest)?;
        let file = within(&path, directory)?;
        return (!failed(call)).then_some(Deed::Remove { file });
    }
    let (descriptor, rest) = rest.split_once('<')?;
    let (path, rest) = rest.split_once('>')?;
    if name == "write" && descriptor == "1" {
        return Some(Deed::Say { text: String::from_utf8_lossy(&quoted(rest)?).into_owned() });
    }
    let file = within(&unhex(path), directory)?;
    let numbers = rest.rsplit_once('"').map_or(rest, |(_, numbers)| numbers);
    let numbers = numbers.split([')', '<']).next()?;
    let mut numbers = numbers.split(", ").filter_map(|number| number.trim().parse::<usize>().ok());
    match name {
        "pwrite64" if !failed(call) => {
            let (_length, offset) = (numbers.next()?, numbers.next()?);
            Some(Deed::Write { file, offset, bytes: quoted(rest)? })
        }
        "ftruncate" if !failed(call) => Some(Deed::Truncate { file, length: numbers.next()? }),
        "fsync" | "fdatasync" => Some(Deed::Flush { file, failed: failed(call) }),
        _ => None,
    }
}

fn failed(call: &str) -> bool {
    call.contains(" = -1 ")
}

/// The name of a file in the directory; of the directory itself, the empty name.
fn within(path: &[u8], directory: &Path) -> Option<String> {
    let path = Path::new(std::str::from_utf8(path).ok()?);
    Some(path.strip_prefix(directory).ok()?.to_str()?.to_owned())
}

/// The bytes between the first quotation marks, all of them spelt as `\xNN`.
fn quoted(text: &str) -> Option<Vec<u8>> {
    let (_, text) = text.split_once('"')?;
    let (text, _) = text.split_once('"')?;
    Some(unhex(text))
}

fn unhex(text: &str) -> Vec<u8> {
    text.split("\\x").skip(1).map(|digits| u8::from_str_radix(digits, 16).unwrap()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_read_as_what_they_tell() {
        let directory = Path::new("/d");
        let read = |line: &str| format!("{:?}", deed(line, directory));
        let name = r"<\x2f\x64\x2f\x66>";
        let write = format!(r#"17    pwrite64(3{name}, "\x61\x22\x62", 3, 8192) = 3"#);
        assert_eq!(
            read(&write),
            r#"Some(Write { file: "f", offset: 8192, bytes: [97, 34, 98] })"#.to_owned()
        );
        let interrupted = format!(r#"17 pwrite64(3{name}, "\x61", 1, 4 <unfinished ...>"#);
        assert_eq!(read(&interrupted), r#"Some(Write { file: "f", offset: 4, bytes: [97] })"#);
        let full = format!(r#"17 pwrite64(3{name}, "\x61", 1, 4) = -1 ENOSPC (No space left) (INJECTED)"#);
        assert_eq!(read(&full), "None");
        assert_eq!(
            read(&format!("17 fsync(3{name}) = -1 EIO (Input/output error)")),
            r#"Some(Flush { file: "f", failed: true })"#
        );
        assert_eq!(read(r"17 fsync(3<\x2f\x64>) = 0"), r#"Some(Flush { file: "", failed: false })"#);
        assert_eq!(read(r#"17 unlink("\x2f\x64\x2f\x66") = 0"#), r#"Some(Remove { file: "f" })"#);
        assert_eq!(
            read(&format!("17 ftruncate(3{name}, 12) = 0")),
            r#"Some(Truncate { file: "f", length: 12 })"#
        );
        assert_eq!(read(r#"17 write(1<\x2f\x61>, "\x61\x0a", 2) = 2"#), r#"Some(Say { text: "a\n" })"#);
        assert_eq!(read(r"17 fsync(3<\x2f\x65>) = 0"), "None");
    }

    #[test]
    fn an_interrupted_flush_is_one_where_it_ended() {
        let trace =
            "17 fsync(3<f> <unfinished ...>\n18 write(1<p>, \"a\", 1) = 1\n17 <... fsync resumed>) = 0\n";
        assert_eq!(whole_flushes(trace), [r#"18 write(1<p>, "a", 1) = 1"#, "17 fsync(3<f>) = 0"]);
    }
}
