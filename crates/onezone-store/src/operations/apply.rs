//! Bringing a store to a wanted state. Tokens are gone through twice, side by side with those stored: the first time they
//! are compared, and names and ids that will be given to others are taken away; the second time they are written.

use std::collections::{BTreeSet, HashMap, HashSet, VecDeque};

use crate::operations::keys::sealing_keys;
use crate::operations::read;
use crate::plan::Plan;
use crate::session::Session;
use crate::statement::{BATCH, Script};
use crate::stream::PAGE;
use crate::{
    AuditEntry, NamedToken, RecordKind, Report, Result, StoreError, StoredToken, TokenSource, Unnamed, Zone,
};

/// What is done with everything an apply touches, as it is named in the audit log.
const ACTION: &str = "zone.apply";

/// `rest` is the wanted state without tokens, which come from `source`.
pub(crate) async fn apply(
    session: &mut dyn Session,
    rest: &Zone,
    source: &dyn TokenSource,
    unnamed: Unnamed,
    audit: &AuditEntry,
) -> Result<Report> {
    session.take_time().await?;
    session.lock_zone().await?;
    let plan = Plan::of(&read::head(session).await?, rest, unnamed)?;
    let mut report = plan.report();
    let stored = Stored::within(concerned(session, source, unnamed).await?);
    let comparison = Comparison::new(session, &plan, source, unnamed, audit, stored).run().await?;
    let Comparison { created, updated, removed, fates, moved, .. } = comparison;
    (report.tokens.created, report.tokens.updated, report.tokens.removed) = (created, updated, removed);
    if report.is_empty() {
        return Ok(report);
    }
    let mut script = Script::new(&sealing_keys(session).await?);
    plan.write(&mut script, audit)?;
    if created + updated > 0 {
        write_tokens(session, &mut script, source, &fates, &moved, audit).await?;
    }
    script.audit_count(audit, ACTION, "zone", created + updated + removed);
    run(session, &mut script).await?;
    Ok(report)
}

/// What becomes of a wanted token.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fate {
    Stays,
    Changes,
    Comes,
}

/// The first pass.
struct Comparison<'a> {
    session: &'a mut dyn Session,
    plan: &'a Plan,
    unnamed: Unnamed,
    audit: &'a AuditEntry,
    stored: Stored,
    wanted: Wanted<'a>,
    script: Script,
    group: Group,
    created: u64,
    updated: u64,
    removed: u64,
    /// One for each wanted token, in their order: a byte each.
    fates: Vec<Fate>,
    /// When the tokens were created that go from one subject to another.
    moved: HashMap<String, i64>,
}

/// What is kept about the subject whose tokens are being compared.
#[derive(Default)]
struct Group {
    subject: String,
    /// Of the tokens there will be.
    names: HashSet<String>,
    touched: Vec<String>,
    is_weakened: bool,
}

impl<'a> Comparison<'a> {
    fn new(
        session: &'a mut dyn Session,
        plan: &'a Plan,
        source: &'a dyn TokenSource,
        unnamed: Unnamed,
        audit: &'a AuditEntry,
        stored: Stored,
    ) -> Self {
        let script = Script::new(session.keys());
        Self {
            session,
            plan,
            unnamed,
            audit,
            stored,
            wanted: Wanted::new(source),
            script,
            group: Group::default(),
            created: 0,
            updated: 0,
            removed: 0,
            fates: Vec::new(),
            moved: HashMap::new(),
        }
    }

    async fn run(mut self) -> Result<Self> {
        let nothing_can_change = self.unnamed == Unnamed::Keep && self.wanted.peek()?.is_none();
        if nothing_can_change {
            return Ok(self);
        }
        loop {
            let stored = self.stored.peek(self.session).await?;
            let wanted = self.wanted.peek()?;
            let order = match (stored, wanted) {
                (None, None) => break,
                (Some(_), None) => std::cmp::Ordering::Less,
                (None, Some(_)) => std::cmp::Ordering::Greater,
                (Some(stored), Some(wanted)) => stored.cmp(wanted),
            };
            if let Some((subject, _)) = if order.is_gt() { wanted } else { stored }
                && *subject != self.group.subject
            {
                let subject = subject.clone();
                self.start_group(subject).await?;
            }
            match order {
                std::cmp::Ordering::Less => {
                    if let Some(old) = self.stored.next() {
                        self.only_stored(old)?;
                    }
                }
                std::cmp::Ordering::Greater => {
                    if let Some(new) = self.wanted.next() {
                        self.only_wanted(new)?;
                    }
                }
                std::cmp::Ordering::Equal => {
                    if let (Some(old), Some(new)) = (self.stored.next(), self.wanted.next()) {
                        self.both(&old.token, new)?;
                    }
                }
            }
            if self.script.len() >= BATCH {
                run(self.session, &mut self.script).await?;
            }
        }
        self.start_group(String::new()).await?;
        run(self.session, &mut self.script).await?;
        // What moves is not there under its new subject, and was counted as coming.
        let moves = u64::try_from(self.moved.len()).unwrap_or(u64::MAX);
        self.created -= moves;
        self.updated += moves;
        Ok(self)
    }

    /// Ends what is kept about a subject, whose tokens that were touched are written down, and begins the next.
    async fn start_group(&mut self, subject: String) -> Result<()> {
        let group = std::mem::replace(&mut self.group, Group { subject, ..Group::default() });
        if group.is_weakened {
            self.script.raise_token_epoch(&group.subject);
        }
        if !group.touched.is_empty() {
            self.script.audit(self.audit, ACTION, &group.subject, group.touched);
            run(self.session, &mut self.script).await?;
        }
        Ok(())
    }

    fn only_stored(&mut self, StoredToken { token, created_at }: StoredToken) -> Result<()> {
        let moves = self.wanted.source.owner_of(&token.id)?.is_some();
        if !moves && self.unnamed == Unnamed::Keep {
            return self.keep_name(&token);
        }
        self.script.remove_token(&self.group.subject, &token.id);
        self.group.is_weakened = true;
        if moves {
            self.moved.insert(token.id.clone(), created_at);
        } else {
            self.removed += 1;
        }
        self.group.touched.push(token.id);
        Ok(())
    }

    fn only_wanted(&mut self, token: NamedToken) -> Result<()> {
        crate::check_id(&token.id)?;
        if token.secret.is_none() {
            return Err(StoreError::SecretMissing(token.id));
        }
        self.check_wanted(&token)?;
        self.created += 1;
        self.fates.push(Fate::Comes);
        self.group.touched.push(token.id);
        Ok(())
    }

    fn both(&mut self, old: &NamedToken, mut new: NamedToken) -> Result<()> {
        self.check_wanted(&new)?;
        if new.secret.is_none() {
            new.secret.clone_from(&old.secret);
        }
        if *old == new {
            self.fates.push(Fate::Stays);
            return Ok(());
        }
        if old.name != new.name {
            self.script.vacate_token_name(&self.group.subject, &new.id);
        }
        self.updated += 1;
        self.fates.push(Fate::Changes);
        self.group.is_weakened = true;
        self.group.touched.push(new.id);
        Ok(())
    }

    fn check_wanted(&mut self, token: &NamedToken) -> Result<()> {
        self.plan.require_owner(&token.subject, || format!("token {:?}", token.id))?;
        self.keep_name(token)
    }

    /// Names are unique in the state that is reached.
    fn keep_name(&mut self, token: &NamedToken) -> Result<()> {
        if self.group.names.insert(token.name.clone()) {
            return Ok(());
        }
        let subject = self.group.subject.clone();
        Err(StoreError::TokenNameTaken { subject, name: token.name.clone() })
    }
}

/// The second pass.
async fn write_tokens(
    session: &mut dyn Session,
    script: &mut Script,
    source: &dyn TokenSource,
    fates: &[Fate],
    moved: &HashMap<String, i64>,
    audit: &AuditEntry,
) -> Result<()> {
    let (mut wanted, mut fates) = (Wanted::new(source), fates.iter());
    while wanted.peek()?.is_some() {
        let (Some(token), Some(fate)) = (wanted.next(), fates.next()) else { break };
        match fate {
            Fate::Stays => {}
            Fate::Changes => script.update_token(&token)?,
            Fate::Comes => script.add_token(&token, moved.get(&token.id).copied().unwrap_or(audit.at))?,
        }
        if script.len() >= BATCH {
            run(session, script).await?;
        }
    }
    Ok(())
}

async fn run(session: &mut dyn Session, script: &mut Script) -> Result<()> {
    session.execute(&script.take_statements()).await
}

/// The subject's text form and the id, by which tokens are sorted on both sides.
type Key = (String, String);

/// For more named tokens than these, reading all that are stored is quicker than asking about each.
const FEW: usize = 1000;

/// The subjects whose stored tokens matter, unless it is better to go through all.
async fn concerned(
    session: &mut dyn Session,
    source: &dyn TokenSource,
    unnamed: Unnamed,
) -> Result<Option<BTreeSet<String>>> {
    if unnamed == Unnamed::Remove {
        return Ok(None);
    }
    let named = source.page(None, FEW + 1)?;
    if named.len() > FEW {
        return Ok(None);
    }
    let mut subjects = BTreeSet::new();
    for token in named {
        subjects.insert(token.subject.to_string());
        subjects.extend(read::token_owner(session, &token.id).await?);
    }
    Ok(Some(subjects))
}

/// What is stored, page by page. What was removed meanwhile lies behind.
struct Stored {
    /// The subjects that are still to come, the present one among them; all, when none.
    subjects: Option<VecDeque<String>>,
    page: VecDeque<(Key, StoredToken)>,
    last: Option<Key>,
    is_over: bool,
}

impl Stored {
    fn within(subjects: Option<BTreeSet<String>>) -> Self {
        let subjects = subjects.map(VecDeque::from_iter);
        Self { subjects, page: VecDeque::new(), last: None, is_over: false }
    }

    async fn read(&mut self, session: &mut dyn Session) -> Result<Vec<StoredToken>> {
        let Some(subjects) = &mut self.subjects else {
            return read::tokens_after(session, self.last.as_ref()).await;
        };
        while let Some(subject) = subjects.front() {
            let last = self.last.as_ref().filter(|(of, _)| of == subject).map_or("", |(_, id)| id);
            let tokens = read::tokens_of_subject_after(session, subject, last).await?;
            if !tokens.is_empty() {
                return Ok(tokens);
            }
            subjects.pop_front();
        }
        Ok(Vec::new())
    }

    async fn peek(&mut self, session: &mut dyn Session) -> Result<Option<&Key>> {
        if self.page.is_empty() && !self.is_over {
            let tokens = self.read(session).await?;
            self.is_over = tokens.is_empty();
            self.page = tokens
                .into_iter()
                .map(|stored| ((stored.token.subject.to_string(), stored.token.id.clone()), stored))
                .collect();
            self.last = self.page.back().map(|(key, _)| key.clone());
        }
        Ok(self.page.front().map(|(key, _)| key))
    }

    fn next(&mut self) -> Option<StoredToken> {
        self.page.pop_front().map(|(_, stored)| stored)
    }
}

/// What is wanted, page by page.
struct Wanted<'a> {
    source: &'a dyn TokenSource,
    page: VecDeque<(Key, NamedToken)>,
    last: Option<Key>,
    is_over: bool,
}

impl<'a> Wanted<'a> {
    fn new(source: &'a dyn TokenSource) -> Self {
        Self { source, page: VecDeque::new(), last: None, is_over: false }
    }

    /// A source out of order would be compared with the wrong tokens, so that it is refused.
    fn peek(&mut self) -> Result<Option<&Key>> {
        if self.page.is_empty() && !self.is_over {
            let after = self.last.as_ref().map(|(subject, id)| (subject.as_str(), id.as_str()));
            let tokens = self.source.page(after, PAGE)?;
            self.is_over = tokens.is_empty();
            for token in tokens {
                let key = (token.subject.to_string(), token.id.clone());
                if self.last.as_ref().is_some_and(|last| *last >= key) {
                    return Err(StoreError::Duplicate { kind: RecordKind::Token, id: key.1 });
                }
                self.last = Some(key.clone());
                self.page.push_back((key, token));
            }
        }
        Ok(self.page.front().map(|(key, _)| key))
    }

    fn next(&mut self) -> Option<NamedToken> {
        self.page.pop_front().map(|(_, token)| token)
    }
}
