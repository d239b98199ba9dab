//! How many travel on one booking, and who books a group: both by the rules of the day, and so asked once they are known.

use crate::domain::coach::Class;
use crate::domain::quota::Quota;
use crate::domain::time::railway_time;
use crate::service::access::to_book;
use crate::service::request::Failure;
use crate::service::session::Session;

/// Refuses a party that nobody books, or that this session does not.
pub(super) async fn check_size(session: &Session, class: Class, quota: Quota, people: usize) -> Result<(), Failure> {
    let kiosk = session.kiosk();
    let all_rules = kiosk.rules();
    let rules = all_rules.booking_on(railway_time(kiosk.now()).date());
    let (anybody, most) = (rules.max_party, rules.largest(class, quota));
    let Some(least) = to_book(rules, people) else {
        return if people == 0 { Err(Failure::PartySize { max: anybody }) } else { Ok(()) };
    };
    let may_book_groups = session.who().role() >= Some(least);
    if people > usize::from(most) {
        return Err(Failure::PartySize { max: if may_book_groups { most } else { anybody } });
    }
    if !may_book_groups {
        return Err(Failure::GroupNeeds { max: anybody, needs: least });
    }
    session.require(least).await.map_err(|failure| match failure {
        Failure::NotAllowed { needs } => Failure::GroupNeeds { max: anybody, needs },
        failure => failure,
    })
}
