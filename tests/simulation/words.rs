//! What was asked and answered, in a few words for the trace.

use kiosk::domain::coach::BerthRef;
use kiosk::domain::spot::Grant;
use kiosk::service::request::{Choice, Failure, PartCancellation, Reply, Request, RunDelay};

use super::deeds::short;

pub fn asked(request: &Request) -> String {
    match request {
        Request::Hold { hold, run, leg, class, quota, choice, accept } => {
            let (hold, from, to, class) = (short(hold.0), leg.from(), leg.to(), class.code());
            let what = match choice {
                Choice::Best(wishes) => format!("best {} {accept:?}", wishes.len()),
                Choice::Berths(berths) => berths.iter().map(BerthRef::to_string).collect::<Vec<_>>().join(" "),
            };
            format!("hold {hold} {run} {from}-{to} {class} {quota} {what}")
        }
        Request::Release { hold, .. } => format!("release {}", short(hold.0)),
        Request::Price { .. } => "price".to_owned(),
        Request::Book { op, order, .. } => format!("book {} hold {}", short(op.0), short(order.hold.id.0)),
        Request::Reserve { op, order } => format!("reserve {} hold {}", short(op.0), short(order.hold.id.0)),
        Request::PaySlip { op, pnr, .. } => format!("pay slip {} {pnr}", short(op.0)),
        Request::QuoteCancel { pnr, passengers, .. } => format!("quote {pnr} {passengers:?}"),
        Request::Cancel { op, pnr, quote } => {
            let who: Vec<_> = quote.lines.iter().map(|line| line.passenger).collect();
            format!("cancel {} {pnr} {who:?} for {}", short(op.0), quote.refunded)
        }
        Request::GiveUpSlip { op, pnr } => format!("give up slip {} {pnr}", short(op.0)),
        Request::PayOut { op, pnr } => format!("pay out {} {pnr}", short(op.0)),
        Request::CorrectName { op, pnr, correction } => {
            format!("put right {} {pnr} passenger {}", short(op.0), correction.passenger)
        }
        Request::VoidSale { op, pnr } => format!("undo {} {pnr}", short(op.0)),
        Request::PublishTrain { based_on, from, .. } => format!("publish after version {based_on} from {from}"),
        Request::BlockBerths { run, berths, reason } => {
            let what = if reason.is_some() { "take off sale" } else { "put on sale" };
            format!("{what} {run} {}", kiosk::domain::berth_list::written(berths))
        }
        Request::ChangeBoarding { op, pnr, station } => format!("board {} {pnr} at {station}", short(op.0)),
        Request::TryImport { source } => format!("look at an import from {:?}", source.from),
        Request::Import { op, source, .. } => format!("import {} from {:?}", short(op.0), source.from),
        Request::RetireTrain { train, from } => format!("end {train} {from:?}"),
        Request::Booking { pnr } => format!("show {pnr}"),
        Request::SignIn { name, .. } => format!("sign in {name}"),
        Request::MyBookings { .. } => "my bookings".to_owned(),
        Request::MakeChart { run } => format!("make the chart of {run}"),
        Request::CancelRun { run } => format!("cancel {run}"),
        Request::DelayRun(RunDelay { op, run, new, .. }) => {
            format!("delay {} {run} by {} from halt {} on", short(op.0), new.minutes, new.from)
        }
        Request::CancelPart(PartCancellation { op, run, part, .. }) => {
            format!("cancel {} of {run} halts {} to {}", short(op.0), part.from, part.to)
        }
        other => format!("{other:?}"),
    }
}

pub fn answered(reply: &Result<Reply, Failure>) -> String {
    match reply {
        Ok(Reply::Held(hold)) => {
            let grants: Vec<_> = hold.grants.iter().copied().map(granted).collect();
            format!("held {} until {}", grants.join(" "), hold.until.format("%H:%M:%S%.3f"))
        }
        Ok(Reply::Booking(booking)) => {
            let places: Vec<_> = booking
                .passengers
                .iter()
                .map(|booked| match booked.place.grant() {
                    Some(grant) => granted(grant),
                    None => booked.place.to_string(),
                })
                .collect();
            format!("booking {} v{} {:?} {}", booking.pnr, booking.version, booking.status, places.join(", "))
        }
        Ok(Reply::Quote(quote)) => format!("quote {} until {}", quote.refunded, quote.good_until.format("%H:%M:%S")),
        Ok(Reply::Blocked(blocked)) => {
            let left: Vec<_> = blocked.left.iter().map(|(coach, _)| coach.to_string()).collect();
            format!("done {}, left {left:?}", kiosk::domain::berth_list::written(&blocked.done))
        }
        Ok(Reply::Priced(fare)) => format!("price {}", fare.total),
        Ok(Reply::Welcome(_)) => "welcome".to_owned(),
        Ok(Reply::Bookings { page, .. }) => format!("{} bookings", page.len()),
        Ok(_) => "done".to_owned(),
        // Without the reference, which is for the log.
        Err(Failure::Unavailable { outcome, .. }) => format!("no answer: {outcome:?}"),
        Err(failure) => format!("no: {failure}"),
    }
}

fn granted(grant: Grant) -> String {
    match grant {
        Grant::Berth(berth) => berth.to_string(),
        Grant::Shared(half) => format!("{}{:?}", half.berth, half.part),
        Grant::Waiting => "waiting".to_owned(),
        Grant::Unreserved => "unreserved".to_owned(),
    }
}
