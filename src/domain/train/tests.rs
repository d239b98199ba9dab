use rstest::rstest;

use super::Train;
use crate::domain::sample_train;

#[rstest]
#[case::its_first("MMCT", 0, Some(0))]
#[case::as_it_is_typed(" st ", 0, Some(1))]
#[case::the_second_call("ST", 2, Some(3))]
#[case::the_halt_itself("ST", 3, Some(3))]
#[case::none_behind("ST", 4, None)]
#[case::never("PUNE", 0, None)]
#[case::nothing("", 0, None)]
#[case::behind_its_last("NDLS", 5, None)]
fn a_call_is_found_by_the_code_of_its_station(#[case] code: &str, #[case] from: u8, #[case] at: Option<u8>) {
    let way = [
        "MMCT 17:00 17:00 0",
        "ST 19:43 19:48 263",
        "BRC 21:06 21:16 392",
        "ST 22:30 22:35 520",
        "NDLS 08:32+1 08:32+1 1386",
    ];
    let train = Train::new(sample_train::along(&way)).expect("a train");
    assert_eq!(train.call_at(code, from), at);
}
