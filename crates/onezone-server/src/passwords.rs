//! How many passwords are verified, and what wrong ones cost.

use std::num::NonZero;
use std::time::Duration;

use clap::Args;
use clap::builder::BoolishValueParser;
use onezone_handlers::{PasswordLimits, Settings, SoftLock};

/// What is done about many passwords and wrong ones. A client network is an IPv4 address, or the /64 of an IPv6 address.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Passwords")]
pub(crate) struct PasswordArguments {
    /// Refuse usernames and passwords altogether
    #[arg(
        long,
        value_name = "BOOL",
        env = "ONEZONE_NO_BASIC_AUTH",
        value_parser = BoolishValueParser::new(),
        num_args = 0..=1,
        require_equals = true,
        default_value = "false",
        default_missing_value = "true"
    )]
    no_basic_auth: bool,
    /// How many passwords are verified at a time, each by a processor; 0 for as many as there are processors but one
    #[arg(long, value_name = "NUMBER", default_value = "0", env = "ONEZONE_PASSWORD_CHECKS",
        value_parser = clap::value_parser!(u16).range(..=1024))]
    password_checks: u16,
    /// How many further passwords wait to be verified; whoever comes then gets 503
    #[arg(long, value_name = "NUMBER", default_value = "256", env = "ONEZONE_PASSWORD_QUEUE")]
    password_queue: u16,
    /// How long a password waits to be verified, before its request gets 503
    #[arg(long, value_name = "SECONDS", default_value = "1", env = "ONEZONE_PASSWORD_MAX_WAIT",
        value_parser = clap::value_parser!(u16).range(1..=20))]
    password_max_wait: u16,
    /// For how long a password that was right is not verified again; 0 verifies each. A change of the password or of
    /// its user acts at once all the same
    #[arg(long, value_name = "SECONDS", default_value = "600", env = "ONEZONE_PASSWORD_CACHE_SECONDS",
        value_parser = clap::value_parser!(u32).range(..=86_400))]
    password_cache_seconds: u32,
    /// How many passwords that were right are remembered
    #[arg(long, value_name = "NUMBER", default_value = "10000", env = "ONEZONE_PASSWORD_CACHE_SIZE",
        value_parser = clap::value_parser!(u32).range(..=10_000_000))]
    password_cache_size: u32,
    /// Let a client network try passwords for a username without ever waiting
    #[arg(
        long,
        value_name = "BOOL",
        env = "ONEZONE_NO_PASSWORD_LOCK",
        value_parser = BoolishValueParser::new(),
        num_args = 0..=1,
        require_equals = true,
        default_value = "false",
        default_missing_value = "true"
    )]
    no_password_lock: bool,
    /// How many different wrong passwords for a username a client network may try before it has to wait: 1 second at
    /// first, twice as long each time
    #[arg(long, value_name = "NUMBER", default_value = "10", env = "ONEZONE_PASSWORD_LOCK_AFTER")]
    password_lock_after: NonZero<u32>,
    /// The longest wait
    #[arg(long, value_name = "SECONDS", default_value = "60", env = "ONEZONE_PASSWORD_LOCK_SECONDS",
        value_parser = clap::value_parser!(u16).range(1..=3600))]
    password_lock_seconds: u16,
    /// How long after the last wrong password all are forgotten
    #[arg(long, value_name = "SECONDS", default_value = "600", env = "ONEZONE_PASSWORD_LOCK_FORGET",
        value_parser = clap::value_parser!(u32).range(1..=604_800))]
    password_lock_forget: u32,
    /// How many wrong passwords a minute a client network may try, whatever the usernames; 0 for any number. Loopback
    /// addresses may, since a proxy there stands for all its clients
    #[arg(long, value_name = "NUMBER", default_value = "600", env = "ONEZONE_PASSWORD_FAILURES_PER_MINUTE")]
    password_failures_per_minute: u32,
}

impl PasswordArguments {
    /// The settings with these choices.
    pub(crate) fn choose(&self, settings: Settings) -> Settings {
        let seconds = |seconds: u32| Duration::from_secs(seconds.into());
        let checks = NonZero::new(usize::from(self.password_checks));
        let lock = SoftLock {
            free_failures: self.password_lock_after,
            longest: seconds(self.password_lock_seconds.into()),
            forgotten_after: seconds(self.password_lock_forget),
        };
        Settings {
            basic_auth: !self.no_basic_auth,
            password_checks: checks.unwrap_or(settings.password_checks),
            password_limits: PasswordLimits {
                max_waiting: self.password_queue.into(),
                max_wait: seconds(self.password_max_wait.into()),
                remembered_for: seconds(self.password_cache_seconds),
                max_remembered: usize::try_from(self.password_cache_size).unwrap_or(usize::MAX),
                lock: (!self.no_password_lock).then_some(lock),
                network_failures: NonZero::new(self.password_failures_per_minute),
            },
            ..settings
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        passwords: PasswordArguments,
    }

    fn settings(arguments: &[&str]) -> Option<Settings> {
        let line = Line::try_parse_from([&["serve"], arguments].concat()).ok()?;
        Some(line.passwords.choose(Settings::default()))
    }

    #[test]
    fn the_defaults_are_those_of_the_handlers() {
        let (chosen, default) = (settings(&[]).unwrap(), Settings::default());
        assert_eq!(chosen.password_limits, default.password_limits);
        assert_eq!((chosen.password_checks, chosen.basic_auth), (default.password_checks, true));
    }

    #[test]
    fn every_number_can_be_chosen() {
        let line = "--no-basic-auth --password-checks 3 --password-queue 4 --password-max-wait 5 \
            --password-cache-seconds 6 --password-cache-size 7 --password-lock-after 8 --password-lock-seconds 9 \
            --password-lock-forget 10 --password-failures-per-minute 11";
        let chosen = settings(&line.split_whitespace().collect::<Vec<_>>()).unwrap();
        assert_eq!((chosen.basic_auth, chosen.password_checks.get()), (false, 3));
        let seconds = Duration::from_secs;
        let lock = SoftLock {
            free_failures: NonZero::new(8).unwrap(),
            longest: seconds(9),
            forgotten_after: seconds(10),
        };
        let expected = PasswordLimits {
            max_waiting: 4,
            max_wait: seconds(5),
            remembered_for: seconds(6),
            max_remembered: 7,
            lock: Some(lock),
            network_failures: NonZero::new(11),
        };
        assert_eq!(chosen.password_limits, expected);
    }

    #[test]
    fn lock_and_limit_can_be_turned_off_and_nonsense_is_refused() {
        let off = settings(&["--no-password-lock", "--password-failures-per-minute", "0"]).unwrap();
        assert_eq!((off.password_limits.lock, off.password_limits.network_failures), (None, None));
        for refused in [
            ["--password-checks", "1025"],
            ["--password-max-wait", "0"],
            ["--password-max-wait", "21"],
            ["--password-lock-after", "0"],
            ["--password-lock-seconds", "1m"],
            ["--password-failures-per-minute", "-1"],
        ] {
            assert!(settings(&refused).is_none(), "{refused:?}");
        }
    }
}
