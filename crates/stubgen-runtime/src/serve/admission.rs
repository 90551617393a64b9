//! Who may have a connection. There is a number of places in all and one for each network; the second is what keeps one
//! client from taking the first. When all places are taken, the connection that has waited longest for a request gives
//! its place up: those that hold connections without using them lose them first, and a server under attack goes on
//! answering.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, timeout_at};

use super::activity::Activity;
use super::client_address::Trust;
use super::options::ServeOptions;

/// How often somebody is asked to give up a place while there is none.
const EVICTION_INTERVAL: Duration = Duration::from_millis(50);

/// The places.
pub(super) struct Admission {
    places: Arc<Semaphore>,
    per_network: Option<usize>,
    ipv6_bits: u8,
    trust: Trust,
    networks: Arc<Mutex<HashMap<IpNet, usize>>>,
    connections: Arc<Mutex<HashMap<u64, Arc<Activity>>>>,
    /// Until when to wait for a place that somebody was asked to give up; none when it was taken.
    asked_until: Mutex<Option<Instant>>,
    next: AtomicU64,
}

/// One of the places in all.
pub(super) struct Place {
    _permit: OwnedSemaphorePermit,
    number: u64,
    connections: Arc<Mutex<HashMap<u64, Arc<Activity>>>>,
}

/// One of the places of a network.
pub(super) struct NetworkPlace {
    network: Option<IpNet>,
    networks: Arc<Mutex<HashMap<IpNet, usize>>>,
}

impl Admission {
    pub(super) fn new(options: &ServeOptions, trust: Trust) -> Self {
        Self {
            places: Arc::new(Semaphore::new(options.max_connections.min(Semaphore::MAX_PERMITS))),
            per_network: options.max_connections_per_network,
            ipv6_bits: options.ipv6_network_bits.min(128),
            trust,
            networks: Arc::default(),
            connections: Arc::default(),
            asked_until: Mutex::default(),
            next: AtomicU64::new(0),
        }
    }

    /// A place of the address's network, if it has one left. Loopback addresses and trusted proxies, behind which
    /// many clients are, always have.
    pub(super) fn enter_network(&self, address: IpAddr) -> Option<NetworkPlace> {
        let address = address.to_canonical();
        let networks = Arc::clone(&self.networks);
        let limit = self.per_network.filter(|_| !address.is_loopback() && !self.trust.includes(address));
        let Some(limit) = limit else { return Some(NetworkPlace { network: None, networks }) };
        let network = self.network(address);
        let mut counts = lock(&self.networks);
        let count = counts.entry(network).or_default();
        if *count >= limit {
            if *count == 0 {
                counts.remove(&network);
            }
            return None;
        }
        *count += 1;
        drop(counts);
        Some(NetworkPlace { network: Some(network), networks })
    }

    fn network(&self, address: IpAddr) -> IpNet {
        match address {
            IpAddr::V4(address) => Ipv4Net::from(address).into(),
            IpAddr::V6(address) => {
                Ipv6Net::new(address, self.ipv6_bits).unwrap_or_else(|_| address.into()).trunc().into()
            }
        }
    }

    /// A place, if there is one.
    pub(super) fn try_free(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.places).try_acquire_owned().ok()
    }

    /// Waits for a place; while there is none, those that wait for a request are asked to give theirs up. One is asked at a time,
    /// also when this is dropped and called anew meanwhile.
    pub(super) async fn free(&self) -> OwnedSemaphorePermit {
        loop {
            let permit = match self.try_free() {
                Some(permit) => Ok(Ok(permit)),
                None => timeout_at(self.ask(), Arc::clone(&self.places).acquire_owned()).await,
            };
            // It is never closed; when it takes longer, somebody else may have begun to wait.
            if let Ok(Ok(permit)) = permit {
                *lock(&self.asked_until) = None;
                return permit;
            }
        }
    }

    /// Asks somebody to give up a place unless somebody has been asked, and says until when to wait for it.
    fn ask(&self) -> Instant {
        let mut asked_until = lock(&self.asked_until);
        let now = Instant::now();
        if let Some(until) = asked_until.filter(|until| now < *until) {
            return until;
        }
        let until = now + EVICTION_INTERVAL;
        *asked_until = self.evict().then_some(until);
        until
    }

    /// Gives a connection its place.
    pub(super) fn enter(&self, permit: OwnedSemaphorePermit, activity: &Arc<Activity>) -> Place {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        lock(&self.connections).insert(number, Arc::clone(activity));
        Place { _permit: permit, number, connections: Arc::clone(&self.connections) }
    }

    /// Asks the connection that has waited longest to give up its place, and says whether there is one.
    pub(super) fn evict(&self) -> bool {
        let connections = lock(&self.connections);
        let waiting = connections.values().filter_map(|activity| Some((activity.waiting_since()?, activity)));
        let longest = waiting.min_by_key(|(since, _)| *since);
        if let Some((_, activity)) = longest {
            activity.evict();
        }
        longest.is_some()
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        lock(&self.connections).remove(&self.number);
    }
}

impl Drop for NetworkPlace {
    fn drop(&mut self) {
        let Some(network) = self.network else { return };
        let mut counts = lock(&self.networks);
        if let Some(count) = counts.get_mut(&network) {
            *count -= 1;
            if *count == 0 {
                counts.remove(&network);
            }
        }
    }
}

/// A panic in between leaves nothing half done.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use tokio::time::timeout;

    use super::*;

    fn admission(total: usize, each: usize) -> Admission {
        let trusted = ["10.0.0.0/8".parse().unwrap()];
        let options = ServeOptions {
            max_connections: total,
            max_connections_per_network: Some(each),
            ..ServeOptions::default()
        };
        Admission::new(&options, Trust::new(&trusted, None))
    }

    fn enter(admission: &Admission, address: &str) -> Option<NetworkPlace> {
        admission.enter_network(address.parse().unwrap())
    }

    #[test]
    fn each_network_has_its_own_places_and_gets_them_back() {
        let admission = admission(10, 2);
        let held = [enter(&admission, "192.0.2.1").unwrap(), enter(&admission, "::ffff:192.0.2.1").unwrap()];
        assert!(enter(&admission, "192.0.2.1").is_none());
        let six = [enter(&admission, "2001:db8::1").unwrap(), enter(&admission, "2001:db8::ffff").unwrap()];
        assert!(enter(&admission, "2001:db8::2").is_none());
        assert!(enter(&admission, "2001:db8:0:1::2").is_some());
        assert!(enter(&admission, "192.0.2.2").is_some());
        drop((held, six));
        assert!(enter(&admission, "192.0.2.1").is_some());
        assert!(lock(&admission.networks).is_empty(), "networks without connections are forgotten");
    }

    #[test]
    fn many_clients_are_behind_a_proxy_and_many_programs_on_this_machine() {
        let admission = admission(10, 1);
        for address in ["127.0.0.1", "127.1.2.3", "::1", "10.1.2.3", "::ffff:127.0.0.1"] {
            let held: Vec<_> = (0..5).map(|_| enter(&admission, address).unwrap()).collect();
            assert_eq!(held.len(), 5);
        }
    }

    /// Takes three places, a second after each other.
    async fn filled(admission: &Admission) -> (Vec<Place>, Vec<Arc<Activity>>) {
        let (mut places, mut activities) = (Vec::new(), Vec::new());
        for _ in 0..3 {
            let activity = Activity::new();
            places.push(admission.enter(admission.free().await, &activity));
            activities.push(activity);
            tokio::time::advance(Duration::from_secs(1)).await;
        }
        (places, activities)
    }

    #[tokio::test(start_paused = true)]
    async fn one_is_asked_for_a_place_however_often_it_is_begun_to_wait() {
        let admission = admission(3, 9);
        let (mut places, activities) = filled(&admission).await;
        let asked = || activities.iter().filter(|activity| activity.waiting_since().is_none()).count();
        for _ in 0..10 {
            // As the listener does it when it has something else to do first.
            assert!(timeout(EVICTION_INTERVAL / 20, admission.free()).await.is_err());
            assert_eq!(asked(), 1);
        }
        assert!(timeout(EVICTION_INTERVAL, admission.free()).await.is_err());
        assert_eq!(asked(), 2, "who does not leave is not waited for for ever");
        drop(places.remove(0));
        let permit = admission.free().await;
        let activity = Activity::new();
        places.push(admission.enter(permit, &activity));
        assert!(timeout(EVICTION_INTERVAL / 20, admission.free()).await.is_err());
        assert_eq!(asked(), 3, "the next place is asked for at once");
    }

    #[tokio::test(start_paused = true)]
    async fn who_has_waited_longest_gives_up_the_place() {
        let admission = admission(3, 9);
        let (mut places, activities) = filled(&admission).await;
        let busy = activities[0].begin();
        assert!(admission.evict());
        activities[1].evicted().await;
        assert!(admission.evict());
        activities[2].evicted().await;
        assert!(!admission.evict(), "a connection with a request keeps its place");
        drop(busy);
        places.remove(1);
        let _free = admission.free().await;
        assert_eq!(lock(&admission.connections).len(), 2);
    }
}
