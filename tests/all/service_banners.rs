//! Banners: shown in every process, at the terminals that are meant, as long as they are meant to be.

use chrono::{DateTime, TimeDelta, Utc};
use kiosk::domain::banner::{Banner, BannerId, BannerText, MOST};
use kiosk::domain::user::Role;
use kiosk::service::Session;
use kiosk::service::request::{Failure, Reply, Request};
use uuid::Uuid;

use crate::service_kit::{Stage, terminal};

fn banner(number: u128, to: &str, from: DateTime<Utc>) -> Banner {
    Banner {
        id: BannerId(Uuid::from_u128(number)),
        text: BannerText::parse(&format!("Notice {number}")).expect("a line"),
        to: to.parse().expect("terminals"),
        from,
        until: from + TimeDelta::hours(1),
    }
}

async fn show(session: &Session, banner: &Banner) -> Result<Vec<Banner>, Failure> {
    match session.call(Request::ShowBanner { banner: banner.clone() }).await? {
        Reply::Banners(banners) => Ok(banners),
        other => panic!("{other:?}"),
    }
}

fn seen(session: &Session) -> Vec<BannerId> {
    let all = session.banners();
    let all = all.borrow();
    session.own_banners(&all).iter().map(|banner| banner.id).collect()
}

#[tokio::test]
async fn a_banner_comes_to_its_terminals_in_every_process_and_goes_again() {
    let stage = Stage::new().await;
    let adam = stage.signed_in("adam", Role::Administrator).await;
    let far = stage.other_kiosk(stage.world.store.clone()).await;
    let (hall, counter) = (far.open_session(terminal("HALL-1")), far.open_session(terminal("NDLS-07")));
    let now = stage.kiosk.now();
    let (one, other) = (banner(1, "NDLS-*", now), banner(2, "all", now));
    show(&adam, &one).await.expect("he may");
    assert_eq!(show(&adam, &other).await, Ok(vec![one.clone(), other.clone()]));
    assert_eq!(show(&adam, &other).await, Ok(vec![one.clone(), other.clone()]), "once, however often it is asked");
    assert_eq!(seen(&adam), [one.id, other.id], "at once where it was asked for");
    assert_eq!(seen(&counter), [], "elsewhere not yet");
    stage.advance(TimeDelta::seconds(5));
    far.poll_once().await;
    assert_eq!((seen(&counter), seen(&hall)), (vec![one.id, other.id], vec![other.id]));

    let ended = adam.call(Request::EndBanner { banner: one.id }).await;
    assert!(matches!(ended, Ok(Reply::Banners(left)) if left == [other.clone()]));
    stage.advance(TimeDelta::seconds(5));
    far.poll_once().await;
    assert_eq!(seen(&counter), [other.id]);
    let later = stage.other_kiosk(stage.world.store.clone()).await;
    assert_eq!(seen(&later.open_session(terminal("HALL-1"))), [other.id], "a process that starts knows it");
}

#[tokio::test]
async fn there_are_so_many_and_no_more_and_those_that_are_over_make_room() {
    let stage = Stage::new().await;
    let adam = stage.signed_in("adam", Role::Administrator).await;
    let now = stage.kiosk.now();
    for number in 1..=MOST {
        show(&adam, &banner(number as u128, "all", now)).await.expect("there is room");
    }
    let more = banner(99, "all", now + TimeDelta::minutes(30));
    assert_eq!(show(&adam, &more).await, Err(Failure::TooManyBanners { max: MOST }));
    stage.advance(TimeDelta::hours(1));
    assert_eq!(show(&adam, &more).await, Ok(vec![more.clone()]), "the others are over");
    let over = banner(100, "all", now - TimeDelta::hours(2));
    assert_eq!(show(&adam, &over).await, Err(Failure::BannerOver));
}
