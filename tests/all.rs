//! All integration tests in one binary: linking is what they cost.

#[path = "all/allotment.rs"]
mod allotment;
#[path = "all/cli.rs"]
mod cli;
#[cfg(unix)]
#[path = "all/cli_backup.rs"]
mod cli_backup;
#[path = "all/cli_import.rs"]
mod cli_import;
#[path = "all/cli_notifications.rs"]
mod cli_notifications;
#[path = "all/cli_rules.rs"]
mod cli_rules;
#[path = "all/cli_sale.rs"]
mod cli_sale;
#[path = "all/cli_sold.rs"]
mod cli_sold;
#[path = "all/config.rs"]
mod config;
#[cfg(unix)]
#[path = "all/deploy.rs"]
mod deploy;
#[cfg(unix)]
#[allow(dead_code, reason = "the tests on a terminal ask it for more")]
#[path = "pty/driver.rs"]
mod driver;
#[path = "all/feed.rs"]
mod feed;
#[path = "all/flows.rs"]
mod flows;
#[path = "all/import.rs"]
mod import;
#[path = "all/import_mistakes.rs"]
mod import_mistakes;
#[path = "all/joining.rs"]
mod joining;
#[path = "all/kill.rs"]
mod kill;
#[path = "all/ledger.rs"]
mod ledger;
#[path = "all/loop_import.rs"]
mod loop_import;
#[allow(dead_code, reason = "the benchmarks ask it for more")]
#[path = "all/market.rs"]
mod market;
#[allow(dead_code, reason = "the benchmarks ask it for more")]
#[path = "all/meter.rs"]
mod meter;
#[path = "all/notice.rs"]
mod notice;
#[path = "all/oversell.rs"]
mod oversell;
#[path = "all/packing.rs"]
mod packing;
#[path = "all/post_office.rs"]
mod post_office;
#[path = "all/receipt.rs"]
mod receipt;
#[path = "all/recording.rs"]
mod recording;
#[path = "all/recording_forms.rs"]
mod recording_forms;
#[path = "all/recording_samples.rs"]
mod recording_samples;
#[path = "all/refund.rs"]
mod refund;
#[path = "all/refund_kit.rs"]
mod refund_kit;
#[path = "all/remote_notifications.rs"]
mod remote_notifications;
#[path = "all/remote_stack.rs"]
mod remote_stack;
#[cfg(unix)]
#[path = "all/remote_verify.rs"]
mod remote_verify;
#[path = "all/sample_booking.rs"]
mod sample_booking;
#[path = "all/service_account.rs"]
mod service_account;
#[path = "all/service_audit.rs"]
mod service_audit;
#[path = "all/service_banners.rs"]
mod service_banners;
#[path = "all/service_boarding.rs"]
mod service_boarding;
#[path = "all/service_booking.rs"]
mod service_booking;
#[path = "all/service_chart.rs"]
mod service_chart;
#[path = "all/service_companions.rs"]
mod service_companions;
#[path = "all/service_correction.rs"]
mod service_correction;
#[path = "all/service_cost.rs"]
mod service_cost;
#[path = "all/service_delay.rs"]
mod service_delay;
#[path = "all/service_delay_trouble.rs"]
mod service_delay_trouble;
#[path = "all/service_doubt.rs"]
mod service_doubt;
#[path = "all/service_find.rs"]
mod service_find;
#[path = "all/service_gap.rs"]
mod service_gap;
#[path = "all/service_group.rs"]
mod service_group;
#[path = "all/service_hold.rs"]
mod service_hold;
#[path = "all/service_import.rs"]
mod service_import;
#[path = "all/service_import_ends.rs"]
mod service_import_ends;
#[path = "all/service_import_trouble.rs"]
mod service_import_trouble;
#[path = "all/service_kit.rs"]
mod service_kit;
#[path = "all/service_live.rs"]
mod service_live;
#[path = "all/service_look_up.rs"]
mod service_look_up;
#[path = "all/service_money.rs"]
mod service_money;
#[path = "all/service_my_bookings.rs"]
mod service_my_bookings;
#[path = "all/service_notify.rs"]
mod service_notify;
#[path = "all/service_notify_trouble.rs"]
mod service_notify_trouble;
#[path = "all/service_overview.rs"]
mod service_overview;
#[path = "all/service_people.rs"]
mod service_people;
#[path = "all/service_people_race.rs"]
mod service_people_race;
#[path = "all/service_pinned.rs"]
mod service_pinned;
#[path = "all/service_presence.rs"]
mod service_presence;
#[path = "all/service_profile.rs"]
mod service_profile;
#[path = "all/service_queue.rs"]
mod service_queue;
#[path = "all/service_quota.rs"]
mod service_quota;
#[path = "all/service_record.rs"]
mod service_record;
#[path = "all/service_refund.rs"]
mod service_refund;
#[path = "all/service_refund_race.rs"]
mod service_refund_race;
#[path = "all/service_report.rs"]
mod service_report;
#[path = "all/service_roles.rs"]
mod service_roles;
#[path = "all/service_rules.rs"]
mod service_rules;
#[path = "all/service_sales.rs"]
mod service_sales;
#[path = "all/service_search.rs"]
mod service_search;
#[path = "all/service_slip.rs"]
mod service_slip;
#[path = "all/service_storm.rs"]
mod service_storm;
#[path = "all/service_till.rs"]
mod service_till;
#[path = "all/service_till_race.rs"]
mod service_till_race;
#[path = "all/service_trains.rs"]
mod service_trains;
#[path = "all/service_visit.rs"]
mod service_visit;
#[path = "all/service_whose.rs"]
mod service_whose;
#[cfg(unix)]
#[path = "pty/serving.rs"]
#[allow(dead_code, reason = "the tests on a terminal ask it for more")]
mod serving;
#[path = "all/sharing.rs"]
mod sharing;
#[path = "all/simulate.rs"]
mod simulate;
#[path = "simulation/simulation.rs"]
mod simulation;
#[path = "all/ssh.rs"]
mod ssh;
#[path = "all/ssh_fault.rs"]
mod ssh_fault;
#[path = "all/ssh_keys.rs"]
mod ssh_keys;
#[allow(dead_code, reason = "the benchmarks ask it for more")]
#[path = "all/ssh_kit.rs"]
mod ssh_kit;
#[path = "all/ssh_race.rs"]
mod ssh_race;
#[path = "all/ssh_resume.rs"]
mod ssh_resume;
#[cfg(target_os = "linux")]
#[path = "all/ssh_storm.rs"]
mod ssh_storm;
#[path = "all/stack_cost.rs"]
mod stack_cost;
#[path = "all/stack_journey.rs"]
mod stack_journey;
#[path = "all/stack_kit.rs"]
mod stack_kit;
#[path = "all/stack_role.rs"]
mod stack_role;
#[path = "all/stack_template.rs"]
mod stack_template;
#[path = "all/store_audit_log.rs"]
mod store_audit_log;
#[path = "all/store_duties.rs"]
mod store_duties;
#[path = "all/store_former.rs"]
mod store_former;
#[path = "all/store_inspection.rs"]
mod store_inspection;
#[path = "all/store_provision.rs"]
mod store_provision;
#[path = "all/store_receipts.rs"]
mod store_receipts;
#[path = "all/store_retry.rs"]
mod store_retry;
#[path = "all/store_rules.rs"]
mod store_rules;
#[path = "all/store_runs.rs"]
mod store_runs;
#[path = "all/store_trains.rs"]
mod store_trains;
#[path = "all/store_users.rs"]
mod store_users;
#[path = "all/tape.rs"]
mod tape;
#[path = "all/telemetry.rs"]
mod telemetry;
#[path = "all/telemetry_log.rs"]
mod telemetry_log;
#[path = "all/ticket.rs"]
mod ticket;
#[path = "all/till_kit.rs"]
mod till_kit;
#[path = "all/world.rs"]
mod world;
#[path = "all/ui_kit.rs"]
#[macro_use]
mod ui_kit;
#[path = "all/ui_account.rs"]
mod ui_account;
#[path = "all/ui_app.rs"]
mod ui_app;
#[path = "all/ui_berths.rs"]
mod ui_berths;
#[path = "all/ui_boarding.rs"]
mod ui_boarding;
#[path = "all/ui_bookings.rs"]
mod ui_bookings;
#[path = "all/ui_cancel.rs"]
mod ui_cancel;
#[path = "all/ui_desk.rs"]
mod ui_desk;
#[path = "all/ui_desk_party.rs"]
mod ui_desk_party;
#[path = "all/ui_find.rs"]
mod ui_find;
#[path = "all/ui_former.rs"]
mod ui_former;
#[path = "all/ui_group.rs"]
mod ui_group;
#[path = "all/ui_import.rs"]
mod ui_import;
#[path = "all/ui_office.rs"]
mod ui_office;
#[path = "all/ui_part.rs"]
mod ui_part;
#[path = "all/ui_people.rs"]
mod ui_people;
#[path = "all/ui_profile.rs"]
mod ui_profile;
#[path = "all/ui_queue.rs"]
mod ui_queue;
#[path = "all/ui_records.rs"]
mod ui_records;
#[path = "all/ui_rules.rs"]
mod ui_rules;
#[path = "all/ui_sale.rs"]
mod ui_sale;
#[path = "all/ui_ssh_keys.rs"]
mod ui_ssh_keys;
#[path = "all/ui_tills.rs"]
mod ui_tills;
#[path = "all/ui_times.rs"]
mod ui_times;
#[path = "all/ui_trains.rs"]
mod ui_trains;
#[path = "all/ui_welcome.rs"]
mod ui_welcome;
