//! Takes requests to whoever answers them, once the session may ask.

use crate::domain::user::Role;
use crate::service::access::{Need, Rule, rule};
use crate::service::progress::Tell;
use crate::service::request::{Failure, Identity, PasswordChange, Registration, Reply, Request};
use crate::service::session::{Session, Who};
use crate::service::{
    account, banners, blocking, booking, call, chart, companions, correction, delay, events, find, former, gap, hold,
    import, look_up, manifest, my_bookings, notification, occupancy, overview, owed, profile, receipt_outbox, refund,
    report, rule_book, search, till, trains, waitlist,
};

impl Session {
    /// Asks for something.
    ///
    /// # Errors
    ///
    /// A [`Failure`] whose message is a sentence for the person at the terminal.
    pub async fn call(&self, request: Request) -> Result<Reply, Failure> {
        self.call_telling(request, Tell::nobody()).await
    }

    /// The same, telling meanwhile how far it has come where it takes long.
    ///
    /// # Errors
    ///
    /// As [`Self::call`].
    pub async fn call_telling(&self, request: Request, tell: Tell) -> Result<Reply, Failure> {
        let Rule { need, whose } = rule(&request);
        let session = &self.asking(whose);
        let is_awaited = request.patience().is_some();
        // As large as all answers together: whoever calls should not carry it around.
        let answer = Box::pin(self.under_reference(answer(session, need, request, tell)));
        let store = self.kiosk().store();
        let answered = if is_awaited { store.within_one_deadline(answer).await } else { answer.await };
        if answered.as_ref().is_err_and(Failure::is_refused_sign_in) {
            store.metrics().sign_in_refused();
        }
        answered
    }
}

impl Session {
    /// Answers something that this session asks under a reference of its own.
    pub(in crate::service) fn under_reference<F: Future>(&self, answer: F) -> impl Future<Output = F::Output> + use<F> {
        call::under(self.kiosk().chance().reference(), self.id(), &self.terminal().id, answer)
    }
}

#[allow(clippy::too_many_lines, reason = "one line for each request")]
async fn answer(session: &Session, need: Need, request: Request, tell: Tell) -> Result<Reply, Failure> {
    admit(session, need).await?;
    match request {
        Request::SignIn { name, password } => account::sign_in(session, &name, password).await,
        Request::Register(Registration { username, email, password, again }) => {
            account::register(session, username, email, password, &again).await
        }
        Request::ClaimAdministrator { code } => account::claim_administrator(session, &code).await,
        Request::SignOut => {
            session.close();
            Ok(Reply::Done)
        }
        Request::Lock => {
            session.lock();
            Ok(Reply::Done)
        }
        Request::Unlock { password } => account::unlock(session, password).await,
        Request::ChangePassword(PasswordChange { old, password, again }) => {
            account::own_password::change(session, old, password, &again).await
        }
        Request::Accounts { beginning, after } => account::desk::list(session, &beginning, after.as_ref()).await,
        Request::Account { account } => account::desk::show(session, account).await,
        Request::AddAccount { username, email, role } => account::desk::add(session, username, email, role).await,
        Request::ChangeAccount { account, change } => account::desk::change(session, account, &change).await,
        Request::IssueCode { account, keys } => account::desk::issue_code(session, account, keys).await,
        Request::SshKeys => account::ssh_keys::list(session).await,
        Request::AddSshKey { line, password } => account::ssh_keys::add(session, &line, password).await,
        Request::RemoveSshKey { fingerprint } => account::ssh_keys::remove(session, &fingerprint).await,
        Request::Search { from, to, date, quota } => search::search(session, &from, &to, date, quota).await,
        Request::Departures { station, limit } => search::departures(session, station, limit).await,
        Request::Hold { hold, run, leg, class, quota, choice, accept } => {
            hold::hold(session, &hold::Wanted { id: hold, run, leg, class, quota, choice, accept }).await
        }
        Request::Chart { run, coach } => chart::print(session, run, coach).await,
        Request::Manifest { run, after } => manifest::list(session, run, after.as_ref()).await,
        Request::Queue { run } => waitlist::list(session, run).await,
        Request::MakeChart { run } => chart::make(session, run).await,
        Request::CancelRun { run } => chart::cancel_run(session, run).await,
        Request::TryDelay { run, new } => delay::try_out(session, run, new).await,
        Request::DelayRun(asked) => delay::change(session, asked).await,
        Request::TryCancelPart { run, part } => gap::try_out(session, run, part).await,
        Request::CancelPart(asked) => gap::cancel_part(session, asked).await,
        Request::Trains { wanted, after } => Ok(trains::list(session, &wanted, after.as_ref())),
        Request::TrainsFile { wanted } => trains::file(session, &wanted).await,
        Request::TryImport { source } => import::try_out(session, &source, tell).await,
        Request::Import { op, source, shown } => import::import(session, op, source, shown, tell).await,
        Request::Train { train } => trains::show(session, train).await,
        Request::PublishTrain { train, based_on, from } => trains::publish(session, &train, based_on, from).await,
        Request::RetireTrain { train, from } => trains::retire(session, train, from).await,
        Request::Runs { train, from } => trains::runs(session, train, from).await,
        Request::RuleEditions { after } => rule_book::list(session, after.as_ref()).await,
        Request::RuleEdition { id } => rule_book::show(session, &id).await,
        Request::TryRules { text, from, sample } => rule_book::try_out(session, &text, from, sample.as_ref()).await,
        Request::PublishRules(asked) => rule_book::publish(session, asked).await,
        Request::WithdrawRules { op, number } => rule_book::withdraw(session, op, number).await,
        Request::BlockBerths { run, berths, reason } => blocking::block(session, run, &berths, reason.as_deref()).await,
        Request::Notifications { delivery, after } => notification::list(session, delivery, after.as_ref()).await,
        Request::RetryNotifications { which } => notification::retry(session, which).await,
        Request::Release { hold, run: _ } => hold::release(session, hold).await,
        Request::Price { run, leg, class, quota, passengers } => {
            booking::price(session, run, booking::Ticket { leg, class, quota }, &passengers).await.map(Reply::Priced)
        }
        Request::Book { op, order, payment } => booking::book(session, op, &order, payment).await,
        Request::Reserve { op, order } => booking::reserve(session, op, &order).await,
        Request::PaySlip { op, pnr, payment } => booking::pay_slip(session, op, pnr, payment).await,
        Request::QuoteCancel { pnr, passengers, waiver } => {
            refund::quote_cancel(session, pnr, &passengers, waiver).await
        }
        Request::Cancel { op, pnr, quote } => refund::cancel(session, op, pnr, &quote).await,
        Request::GiveUpSlip { op, pnr } => refund::give_up_slip(session, op, pnr).await,
        Request::PayOut { op, pnr } => refund::pay_out(session, op, pnr).await,
        Request::CorrectName { op, pnr, correction } => correction::correct_name(session, op, pnr, &correction).await,
        Request::ChangeBoarding { op, pnr, station } => correction::change_boarding(session, op, pnr, station).await,
        Request::VoidSale { op, pnr } => refund::void(session, op, pnr).await,
        Request::OpenTill { op, float } => till::open(session, op, float).await,
        Request::CloseTill { op, till, counted, movements } => {
            till::close(session, op, till, (counted, movements)).await
        }
        Request::MyTills { after } => till::mine(session, after.as_ref()).await,
        Request::Tills { which, after } => till::list(session, which, after.as_ref()).await,
        Request::TillReport { till, form } => till::report(session, till, form).await,
        Request::Report { from, to } => report::show(session, from, to).await,
        Request::ReportFile { report, form } => report::document(session, report, form).await,
        Request::Refunds { from, to } => report::refunds::show(session, from, to).await,
        Request::Owed { after } => owed::list(session, after.as_ref()).await,
        Request::OwedSums => owed::sums(session).await,
        Request::Occupancy { date, after } => occupancy::list(session, date, after.as_ref()).await,
        Request::Booking { pnr } => booking::show(session, pnr).await,
        Request::FindBookings { by, after } => find::find(session, &by, after.as_ref()).await,
        Request::History { pnr } => events::history(session, pnr).await,
        Request::ResendReceipt { pnr } => notification::resend(session, pnr).await,
        Request::Overview => overview::overview(session).await,
        Request::Events { day, filter, after } => events::list(session, day, &filter, after.as_ref()).await,
        Request::ExportEvents { from, to, filter } => events::export(session, (from, to), &filter, &tell).await,
        Request::Banners => Ok(banners::list(session)),
        Request::ShowBanner { banner } => banners::show(session, banner).await,
        Request::EndBanner { banner } => banners::end(session, banner).await,
        Request::LookUp { pnr, phone } => look_up::look_up(session, pnr, &phone).await,
        Request::Slip { pnr } => booking::slip(session, pnr).await,
        Request::MyBookings { filter, after } => my_bookings::list(session, &filter, after.as_ref()).await,
        Request::MyBookingsFile { filter, form } => my_bookings::file(session, &filter, form).await,
        Request::Companions { phone } => companions::by_phone(session, &phone).await,
        Request::MyCompanions { on } => companions::mine(session, on).await,
        Request::Profile => profile::show(session).await,
        Request::ChangeProfile(change) => profile::change(session, &change).await,
        Request::FormerBooking { id } => former::show(session, &id).await,
        Request::MyFormerBookings { after } => former::mine(session, after.as_ref()).await,
        Request::Ticket { pnr } => receipt_outbox::ticket(session, pnr).await,
        Request::Receipt { pnr } => receipt_outbox::receipt(session, pnr).await,
        Request::ReceiptLink { pnr } => receipt_outbox::link(session, pnr).await,
    }
}

/// Refuses what the person may not ask now.
async fn admit(session: &Session, need: Need) -> Result<(), Failure> {
    if session.is_locked() && need != Need::EvenLocked {
        return Err(Failure::Locked);
    }
    let owes_password = matches!(session.who(), Who::Account(Identity { must_choose_password: true, .. }));
    if owes_password && !matches!(need, Need::EvenLocked | Need::EvenByCode) {
        return Err(Failure::ChoosePassword);
    }
    let least = match need {
        Need::EvenLocked | Need::Anyone => return Ok(()),
        Need::EvenByCode => Role::Traveller,
        Need::Role(least) => least,
    };
    let Some(role) = session.who().role() else { return Err(Failure::SignedOut) };
    if role < least {
        return Err(Failure::NotAllowed { needs: least });
    }
    if least.is_staff() { session.require(least).await } else { Ok(()) }
}
