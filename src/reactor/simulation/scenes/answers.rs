//! What a client makes of the answers of servers and proxies (RFC 6455, section 4.1).

use crate::config::Config;
use crate::connection::Cause;
use crate::reactor::simulation::dialer::{OPENING, answering, failed, scene, to};
use crate::reactor::simulation::scene::{Heard, Scene, silent};

#[test]
fn garbage_is_a_failure_in_any_pieces() {
    for garbage in ["SSH-2.0-x\r\n\r\n", "HTTP/1.1 101\r\n\r\n", "\0", "HTTP/1.1 abc\r\n\r\n", "x\n"] {
        let mut scene: Scene = scene(&[("10.0.0.1:80", 0, answering(&[garbage]))]);
        scene.dial(to("ws://10.0.0.1/"), silent);
        scene.run_for(10);
        let heard = scene.heard();
        assert!(matches!(&heard[0], Heard::Failed(why) if why.starts_with("Handshake(")), "{heard:?}");
        assert_eq!(heard[1..], [Heard::Dropped]);
        scene.check_that_nothing_is_left();
    }
}

#[test]
fn interim_answers_are_passed_over_rfc_9110_section_15_2() {
    let hints = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n";
    let refusal = "HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno";
    let mut scene: Scene = scene(&[
        ("10.0.0.1:80", 0, answering(&[&[hints, OPENING].concat()])),
        ("10.0.0.2:80", 0, answering(&[&[hints, refusal].concat()])),
        ("10.0.0.3:80", 0, answering(&[&hints.repeat(10_000)])),
    ]);
    for address in 1..=3 {
        scene.dial(to(&format!("ws://10.0.0.{address}/")), silent);
        scene.run_for(10);
    }
    let heard = scene.heard();
    assert_eq!(heard[0], Heard::Open);
    assert!(matches!(&heard[1], Heard::Failed(why) if why.contains("status: 403")), "{heard:?}");
    assert!(matches!(&heard[3], Heard::Failed(why) if why.contains("status: 100")), "{heard:?}");
}

#[test]
fn interim_answers_of_a_proxy_are_passed_over_too_rfc_9110_section_15_2() {
    let tunnel = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 Connected\r\n\r\n";
    let mut scene: Scene = scene(&[("10.0.0.1:3128", 0, answering(&[tunnel, OPENING]))]);
    scene.dial(to("ws://away.example/").proxy("http://10.0.0.1:3128").expect("a proxy"), silent);
    scene.run_for(10);
    assert_eq!(scene.heard(), [Heard::Open]);
    let log = String::from_utf8(scene.stage.network.borrow().servers.log(0)).expect("two heads");
    assert!(
        log.starts_with("CONNECT away.example:80 HTTP/1.1\r\nHost: away.example:80\r\n\r\nGET / "),
        "{log}"
    );
}

#[test]
fn a_refusal_in_chunks_is_told_when_its_last_chunk_is_there_rfc_9112_section_7_1() {
    let refusal = "HTTP/1.1 403 Forbidden\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nno\r\n0\r\n\r\n";
    let mut scene: Scene = scene(&[("10.0.0.1:80", 1, answering(&[refusal]))]);
    scene.dial(to("ws://10.0.0.1/"), silent);
    scene.run_for(100);
    let log = scene.log.borrow();
    assert!(matches!(&log[0], (1, Heard::Failed(why)) if why.contains("status: 403")), "{log:?}");
}

#[test]
fn what_comes_behind_the_head_is_frames_section_4_1() {
    let mut scene: Scene =
        scene(&[("10.0.0.1:80", 1, answering(&[&[OPENING, "\u{1}\u{1}a", "x"].concat()]))]);
    scene.dial(to("ws://10.0.0.1/"), silent);
    scene.run_for(10);
    // A reserved opcode follows the first fragment.
    assert_eq!(scene.heard()[0], Heard::Open);
    assert!(matches!(scene.heard()[1], Heard::Close(1002, Cause::Violation(_))), "{:?}", scene.heard());
}

#[test]
fn the_body_of_a_refusal_is_kept_up_to_a_bound_and_no_longer_waited_for() {
    let config = Config { max_rejection_body: 10, ..Config::default() };
    let mut scene = Scene::new(config, silent);
    for (millis, length) in [(1, "Content-Length: 1000\r\n"), (2, "")] {
        let refusal = format!("HTTP/1.1 403 Forbidden\r\n{length}\r\n{}", "x".repeat(500));
        scene.stage.network.borrow_mut().servers.at("10.0.0.1:80", millis, answering(&[&refusal]));
        scene.dial(to("ws://10.0.0.1/"), silent);
        scene.run_for(10);
    }
    let kept = format!("body: {:?}", [b'x'; 10]);
    for (_, heard) in scene.log.borrow().iter().step_by(2) {
        assert!(matches!(heard, Heard::Failed(why) if why.contains(&kept)), "{heard:?}");
    }
    scene.check_that_nothing_is_left();
}

#[test]
fn an_answer_without_an_end_is_given_up_at_the_limit_of_a_head() {
    let endless = format!("HTTP/1.1 101 Switching Protocols\r\nX: {}", "x".repeat(20_000));
    let mut scene: Scene = scene(&[("10.0.0.1:80", 1, answering(&[&endless]))]);
    scene.dial(to("ws://10.0.0.1/"), silent);
    scene.run_for(10);
    scene.dial(to("ws://h/").proxy("http://10.0.0.1:80").expect("a proxy"), silent);
    scene.run_for(10);
    let heard = scene.heard();
    assert_eq!(heard[..2], failed("Handshake(HeadTooLarge)"));
    assert_eq!(heard[2..], failed("Proxy(HeadTooLarge)"));
    scene.check_that_nothing_is_left();
}
