//! The checks of the lesson of faults: each lets the code do one thing.

mod step1_faults {
    use std::time::Duration;

    use dlkit_harness::{Verdict, ensure, fail};
    use lesson3::step1_faults::*;

    pub fn passes() -> Verdict { Ok(()) }
    pub fn is_open() -> Verdict { write_me(); Ok(()) }
    pub fn overflows() -> Verdict { overflow(1); Ok(()) }
    pub fn writes_where_nothing_is() -> Verdict { write_where_nothing_is(); Ok(()) }
    pub fn exits_in_a_thread() -> Verdict { exit_in_a_thread(); Ok(()) }
    pub fn panics_unseen() -> Verdict { panic_unseen(); Ok(()) }
    pub fn panics_and_exits() -> Verdict { panic_and_exit(); Ok(()) }
    pub fn panics_with_a_nasty_value() -> Verdict { panic_with_a_nasty_value(); Ok(()) }
    pub fn panics_while_panicking() -> Verdict { panic_while_panicking(); Ok(()) }
    pub fn a_copy_fails() -> Verdict {
        if copy() { fail!("from the copy") }
        std::thread::sleep(Duration::from_millis(30));
        Ok(())
    }
    pub fn a_copy_passes() -> Verdict {
        if copy() { return Ok(()) }
        std::thread::sleep(Duration::from_millis(30));
        fail!("the truth")
    }
    pub fn only_a_copy_answers() -> Verdict {
        if !copy() { rest() }
        Ok(())
    }
    pub fn closes_everything() -> Verdict { close_everything(); Ok(()) }
    pub fn closes_its_output() -> Verdict { close_the_output(); Ok(()) }
    pub fn never_exits() -> Verdict { never_exit(); Ok(()) }
    pub fn writes_a_verdict_at_exit() -> Verdict { write_a_verdict_at_exit(); fail!("the truth") }
    pub fn reads_its_input() -> Verdict {
        ensure!(read_everything() == 0, "there was something to read");
        Ok(())
    }
    pub fn asks_for_a_second_secret() -> Verdict {
        ensure!(dlkit_harness::protocol::Channel::open().is_err(), "there was one");
        Ok(())
    }
    pub fn prints_without_lines() -> Verdict { print_without_lines(); Ok(()) }
    pub fn prints_a_lot() -> Verdict { print_a_lot(); Ok(()) }
    pub fn leaves_a_daemon() -> Verdict { leave_a_daemon(); Ok(()) }
    pub fn leaves_a_command_and_exits() -> Verdict { leave_a_command(); std::process::exit(0) }
    pub fn is_deaf() -> Verdict { turn_deaf(); Ok(()) }
    pub fn stops() -> Verdict { stop(); Ok(()) }
    pub fn rests() -> Verdict { rest(); Ok(()) }
    pub fn multiplies() -> Verdict { multiply(); rest(); Ok(()) }
    pub fn multiplies_and_scatters() -> Verdict { multiply_and_scatter(); rest(); Ok(()) }
    pub fn fills_the_disk() -> Verdict { fill_the_disk(); Ok(()) }
    pub fn allocates_50_gb() -> Verdict { allocate_50_gb(); Ok(()) }
    pub fn grows() -> Verdict { grow(); Ok(()) }
    pub fn a_copy_grows() -> Verdict { let_a_copy_grow(); Ok(()) }
    pub fn shares() -> Verdict { share(); Ok(()) }
}

mod step2_rest {
    pub fn rests() -> dlkit_harness::Verdict { lesson3::step1_faults::rest(); Ok(()) }
}

mod step3_deaf {
    pub fn is_deaf() -> dlkit_harness::Verdict { lesson3::step1_faults::turn_deaf(); Ok(()) }
}

dlkit_harness::checks! {
    step1_faults: passes, is_open, overflows, writes_where_nothing_is, exits_in_a_thread, panics_unseen, panics_and_exits,
        panics_with_a_nasty_value, panics_while_panicking, a_copy_fails, a_copy_passes, only_a_copy_answers, closes_everything, closes_its_output,
        never_exits, writes_a_verdict_at_exit, reads_its_input, asks_for_a_second_secret, prints_without_lines, prints_a_lot,
        leaves_a_daemon, leaves_a_command_and_exits, is_deaf, stops, rests, multiplies, multiplies_and_scatters,
        fills_the_disk, allocates_50_gb, grows, a_copy_grows, shares;
    step2_rest: rests;
    step3_deaf: is_deaf;
}
