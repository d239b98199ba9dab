//! The money at the end of a world: what the tills say against the movements of money, one by one.

use std::collections::BTreeMap;

use kiosk::aws::Clients;
use kiosk::domain::booking::PaymentMethod;
use kiosk::domain::ledger::{LedgerEntry, LedgerId, Movement};
use kiosk::domain::money::Paise;
use kiosk::domain::till::{Till, TillId};
use kiosk::store::{Names, Store};

/// Each till has the sums of its movements and no agent has two open; one that was closed is as people were told.
pub async fn tills(told: BTreeMap<TillId, Till>, store: &Store, clients: &Clients) -> Result<(), String> {
    let (entries, tills) = stored(store, clients).await?;
    for (id, told) in &told {
        let till = tills.get(id).ok_or_else(|| format!("till {id} was acknowledged and is not there"))?;
        if told.closing.is_some() && told != till {
            return Err(format!("till {id} was closed as {told:?} and is {till:?}"));
        }
    }
    for (id, till) in &tills {
        let own: Vec<_> = entries.iter().filter(|entry| entry.till == Some(*id)).collect();
        let sum = |method: PaymentMethod, is_in: bool| {
            let those = own.iter().filter(|one| one.method == method && (one.movement == Movement::Sale) == is_in);
            those.map(|entry| entry.amount).sum::<Paise>()
        };
        let sums = [(PaymentMethod::Cash, true), (PaymentMethod::Cash, false), (PaymentMethod::Card, true)];
        let [cash_in, cash_out, card_in] = sums.map(|(method, is_in)| sum(method, is_in));
        let (kept, counted) = ((till.cash_in, till.cash_out, till.card_in), (cash_in, cash_out, card_in));
        if kept != counted || till.movements as usize != own.len() {
            return Err(format!("till {id} says {till:?}, and its movements are {own:?}"));
        }
        let open = |other: &&Till| other.id.agent == id.agent && other.closing.is_none();
        if tills.values().filter(open).count() > 1 {
            return Err(format!("the agent of {id} has two tills open"));
        }
    }
    match entries.iter().find(|entry| entry.till.is_some_and(|till| !tills.contains_key(&till))) {
        Some(stray) => Err(format!("{stray:?} went into a till that is not there")),
        None => Ok(()),
    }
}

/// All movements of money, and all tills.
async fn stored(store: &Store, clients: &Clients) -> Result<(Vec<LedgerEntry>, BTreeMap<TillId, Till>), String> {
    let scanned = clients.dynamodb.scan().table_name(Names::default().bookings).consistent_read(true).send().await;
    let scanned = scanned.map_err(|error| format!("the bookings cannot be listed: {error:?}"))?;
    let (mut ids, mut tills) = (Vec::new(), BTreeMap::new());
    for item in scanned.items() {
        let text = |name: &str| item.get(name).and_then(|value| value.as_s().ok());
        let Some(key) = text("BookingID") else { continue };
        if let Some((pnr, version)) = key.strip_prefix("L#").and_then(|rest| rest.split_once('#')) {
            let id = pnr.parse().ok().zip(version.parse().ok()).map(|(pnr, version)| LedgerId { pnr, version });
            ids.push(id.ok_or_else(|| format!("{key} is the key of no movement"))?);
        }
        if key.starts_with("T#") {
            let id: TillId = text("TillID").and_then(|id| id.parse().ok()).ok_or("a till has no name")?;
            let till = store.till(id).await.map_err(|error| format!("till {id} cannot be read: {error}"))?;
            tills.insert(id, till.ok_or_else(|| format!("till {id} was listed and is not there"))?);
        }
    }
    let entries = store.ledger_entries(&ids).await.map_err(|error| format!("the ledger cannot be read: {error}"))?;
    Ok((entries, tills))
}
