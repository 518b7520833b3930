//! Which route or page a request gets, what they may answer, and what happens when they fail.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a helper that fails is a test that fails"
)]

mod support;

use support::{Answer, Ask, Client, End, Server, config, echo, witnessed};
use ws_reactor::{
    Accept, Config, Context, Handler, InvalidHeader, Open, Origins, Refusal, Request, Response, Route,
    Router, Status, handler,
};

/// Says who it is to everybody who connects.
struct Greeter(String);

impl Handler for Greeter {
    fn on_open(&mut self, context: &mut Context<'_>) {
        context.send(&self.0).unwrap();
    }
}

fn greeting(name: &'static str) -> impl FnMut(&Request<'_>) -> Greeter + 'static {
    move |_request| Greeter(name.to_owned())
}

fn page(text: &'static str) -> impl FnMut(&Request<'_>) -> Response + 'static {
    move |_request| Response::text(Status::OK, text)
}

fn served(router: impl FnOnce() -> Router + Send + 'static) -> Server {
    Server::start(Config::default(), router)
}

/// What the route that `ask` gets says.
fn greeted(server: &Server, ask: &Ask) -> String {
    Client::open_as(server.address, ask).next_text()
}

/// A final answer, and its body.
fn answered(server: &Server, ask: &Ask) -> (Answer, String) {
    let mut client = Client::connect(server.address);
    client.put(&ask.bytes());
    let answer = client.answer();
    let (body, end) = client.rest();
    assert_eq!(end, End::Finished);
    (answer, String::from_utf8(body).unwrap())
}

fn status(server: &Server, ask: &Ask) -> u16 {
    answered(server, ask).0.status
}

#[test]
fn paths_are_compared_exactly_and_without_the_query() {
    let server = served(|| {
        Router::new()
            .route("/a", greeting("a"))
            .route("/b", |request| Greeter(format!("{:?}", request.query())))
    });
    assert_eq!(greeted(&server, &Ask::upgrade("/a")), "a");
    assert_eq!(greeted(&server, &Ask::upgrade("/a?x=1")), "a");
    assert_eq!(greeted(&server, &Ask::upgrade("/b?x=1?y")), r#"Some("x=1?y")"#);
    assert_eq!(greeted(&server, &Ask::upgrade("http://localhost/a?x")), "a");
    for path in ["/", "/A", "/a/", "/ab", "/%61"] {
        assert_eq!(status(&server, &Ask::upgrade(path)), 404, "{path}");
        assert_eq!(status(&server, &Ask::page("GET", path)), 404, "{path}");
    }
}

#[test]
fn hosts_are_compared_without_case_and_port() {
    let server = served(|| {
        Router::new()
            .otherwise(greeting("anybody"))
            .host("Blue.example", Router::new().route("/", greeting("blue")))
            .host("[::1]", Router::new().route("/", greeting("six")))
    });
    let at = |host: &str| Ask::upgrade("/").but("Host", host);
    assert_eq!(greeted(&server, &at("blue.example")), "blue");
    assert_eq!(greeted(&server, &at("BLUE.Example:8080")), "blue");
    assert_eq!(greeted(&server, &at("[::1]:8080")), "six");
    assert_eq!(greeted(&server, &at("green.example")), "anybody");
    assert_eq!(greeted(&server, &at("10.0.0.1:80")), "anybody");
    assert_eq!(status(&server, &Ask::upgrade("/no").but("Host", "blue.example")), 404);
}

#[test]
fn a_host_that_is_not_listed_may_be_refused() {
    let server = served(|| {
        Router::new()
            .host("blue.example", Router::new().route("/", greeting("blue")).page("/", page("page")))
            .only_listed_hosts()
    });
    assert_eq!(greeted(&server, &Ask::upgrade("/").but("Host", "blue.example")), "blue");
    assert_eq!(status(&server, &Ask::upgrade("/")), 421);
    assert_eq!(status(&server, &Ask::page("GET", "/")), 421);
}

#[test]
fn a_path_may_have_both_a_page_and_a_route() {
    let server = served(|| {
        Router::new()
            .page("/", page("read me"))
            .route("/", greeting("talk to me"))
            .route("/socket", greeting("socket"))
            .otherwise_page(page("lost"))
    });
    assert_eq!(greeted(&server, &Ask::upgrade("/")), "talk to me");
    let (answer, body) = answered(&server, &Ask::page("GET", "/?a"));
    assert_eq!((answer.status, body.as_str()), (200, "read me"));
    assert_eq!(answer.field("Content-Type"), Some("text/plain; charset=utf-8"));
    assert_eq!(status(&server, &Ask::page("GET", "/socket")), 426);
    assert_eq!(answered(&server, &Ask::page("GET", "/elsewhere")).1, "lost");
    assert_eq!(status(&server, &Ask::upgrade("/elsewhere")), 404);
}

#[test]
fn head_is_answered_like_get_without_the_body_rfc_9110_section_9_3_2() {
    let server = served(|| Router::new().page("/", page("read me")));
    let (answer, body) = answered(&server, &Ask::page("HEAD", "/"));
    assert_eq!((answer.status, body.as_str()), (200, ""));
    assert_eq!(answer.field("Content-Length"), Some("7"));
    let (answer, body) = answered(&server, &Ask::page("HEAD", "/nothing"));
    assert_eq!((answer.status, body.as_str()), (404, ""));
}

#[test]
fn pages_of_other_origins_are_refused_rfc_6455_section_10_2() {
    let server = served(|| {
        let list = ["https://a.example".to_owned(), "http://b.example:8080".to_owned()];
        Router::new()
            .route("/any", greeting("any"))
            .mount("/same", Route::new(greeting("same")).origins(Origins::SameHost))
            .mount("/list", Route::new(greeting("list")).origins(Origins::List(list.into())))
    });
    let from = |path: &str, origin: &str| {
        Ask::upgrade(path).but("Host", "here.example").with(&format!("Origin: {origin}"))
    };
    for (path, origin) in [
        ("/any", "https://evil.example"),
        ("/any", "null"),
        ("/same", "http://here.example"),
        ("/same", "https://HERE.example"),
        ("/list", "https://a.example"),
        ("/list", "https://a.example:443"),
        ("/list", "http://b.example:8080"),
    ] {
        assert_eq!(greeted(&server, &from(path, origin)), &path[1..], "{origin}");
    }
    for (path, origin) in [
        ("/same", "http://evil.example"),
        ("/same", "http://here.example.evil.example"),
        ("/same", "http://here.example:81"),
        ("/same", "null"),
        ("/list", "http://a.example"),
        ("/list", "https://a.example.evil.example"),
        ("/list", "http://b.example"),
        ("/list", "null"),
    ] {
        assert_eq!(status(&server, &from(path, origin)), 403, "{path} {origin}");
    }
    let twice = from("/same", "http://here.example").with("Origin: http://here.example");
    assert_eq!(status(&server, &twice), 403);
    assert_eq!(greeted(&server, &Ask::upgrade("/same")), "same");
}

#[test]
fn headers_and_a_subprotocol_go_out_with_the_101_rfc_6455_section_4_2_2() {
    fn route(request: &Request<'_>) -> Result<Open, InvalidHeader> {
        let best = request.subprotocols().last().unwrap_or_default().to_owned();
        let open = Open::new(Greeter("open".to_owned())).subprotocol(best);
        open.header("Set-Cookie", "a=1")?.header("Set-Cookie", "b=2")
    }
    let server = served(|| Router::new().otherwise(route));
    let mut client = Client::connect(server.address);
    let ask = Ask::upgrade("/")
        .with("Sec-WebSocket-Protocol: chat, superchat")
        .with("sec-websocket-protocol: best");
    client.put(&ask.bytes());
    let answer = client.answer();
    answer.assert_opens();
    assert_eq!(answer.field("Sec-WebSocket-Protocol"), Some("best"));
    assert_eq!(answer.all("Set-Cookie"), ["a=1", "b=2"]);
    assert_eq!(client.next_text(), "open");
}

#[test]
fn a_header_that_would_split_the_answer_is_never_sent() {
    fn route(request: &Request<'_>) -> Result<Open, InvalidHeader> {
        let (name, value) = match request.path() {
            "/lf" => ("X-Note", "a\nSet-Cookie: admin=1"),
            "/crlf" => ("X-Note", "a\r\n\r\nHTTP/1.1 200 OK"),
            "/nul" => ("X-Note", "a\0"),
            "/name" => ("X-Note: a\r\nX", "b"),
            _ => ("Sec-WebSocket-Accept", "mine"),
        };
        Open::new(Greeter("open".to_owned())).header(name, value)
    }
    let server = served(|| Router::new().otherwise(route));
    for path in ["/lf", "/crlf", "/nul", "/name", "/reserved"] {
        let (answer, body) = answered(&server, &Ask::upgrade(path));
        assert_eq!(answer.status, 500, "{path}");
        assert!(answer.all("Set-Cookie").is_empty() && !body.contains("HTTP/1.1"), "{path}");
    }
}

#[test]
fn a_subprotocol_that_was_not_offered_is_this_sides_fault() {
    let server = served(|| {
        Router::new().otherwise(|_request| Open::new(Greeter("open".to_owned())).subprotocol("mine"))
    });
    assert_eq!(status(&server, &Ask::upgrade("/")), 500);
    assert_eq!(status(&server, &Ask::upgrade("/").with("Sec-WebSocket-Protocol: Mine")), 500);
    assert_eq!(greeted(&server, &Ask::upgrade("/").with("Sec-WebSocket-Protocol: mine")), "open");
}

#[test]
fn a_route_rejects_with_any_response() {
    fn route(_request: &Request<'_>) -> Accept {
        let response = Response::text(Status::UNAUTHORIZED, "Who are you?");
        Accept::Reject(response.header("WWW-Authenticate", "Basic realm=\"x\"").unwrap())
    }
    let server = served(|| Router::new().otherwise(route));
    let (answer, body) = answered(&server, &Ask::upgrade("/"));
    assert_eq!((answer.status, body.as_str()), (401, "Who are you?"));
    assert_eq!(answer.field("WWW-Authenticate"), Some("Basic realm=\"x\""));
    assert_eq!(answer.field("Connection"), Some("close"));
}

#[test]
fn a_route_or_page_that_panics_answers_500_and_the_server_lives() {
    fn page(_request: &Request<'_>) -> Response {
        panic!("page");
    }
    fn route(_request: &Request<'_>) -> Greeter {
        panic!("route");
    }
    let server =
        served(|| Router::new().route("/panic", route).page("/panic", page).route("/", greeting("well")));
    for _ in 0..3 {
        assert_eq!(status(&server, &Ask::upgrade("/panic")), 500);
        assert_eq!(status(&server, &Ask::page("GET", "/panic")), 500);
        assert_eq!(greeted(&server, &Ask::upgrade("/")), "well");
    }
}

#[test]
fn what_the_library_refuses_is_answered_as_the_router_would_have_it() {
    let server = served(|| {
        let site = Router::new().mount("/", Route::new(greeting("well")).origins(Origins::SameHost));
        site.refusals(|refusal, response| {
            assert_ne!(refusal, Refusal::PathUnknown, "which this answer panics about");
            let code = response.status().code();
            response.body(format!("{code}, sorry: {refusal}").into_bytes())
        })
    });
    let sorry = |ask: &Ask| {
        let (answer, body) = answered(&server, ask);
        assert!(body.starts_with(&format!("{}, sorry: ", answer.status)), "{body}");
        answer
    };
    assert_eq!(sorry(&Ask::upgrade("/").but("Origin", "http://elsewhere.example")).status, 403);
    assert_eq!(sorry(&Ask::upgrade("/").but("Sec-WebSocket-Key", "short")).status, 400);
    let answer = sorry(&Ask::page("GET", "/"));
    assert_eq!((answer.status, answer.field("Upgrade")), (426, Some("websocket")));
    let answer = sorry(&Ask::page("POST", "/"));
    assert_eq!((answer.status, answer.field("Allow")), (405, Some("GET, HEAD")));
    assert_eq!(sorry(&Ask::page("GET", &format!("/{}", "a".repeat(20_000)))).status, 414);
    assert_eq!(status(&server, &Ask::page("GET", "/nothing")), 500);
    assert_eq!(greeted(&server, &Ask::upgrade("/")), "well");
}

#[test]
fn a_handler_whose_drop_panics_harms_nobody_even_if_it_was_never_used() {
    struct Grenade;
    impl Handler for Grenade {}
    impl Drop for Grenade {
        fn drop(&mut self) {
            panic!("dropped");
        }
    }
    let server = served(|| {
        Router::new()
            .route("/unoffered", |_request| Open::new(Grenade).subprotocol("unoffered"))
            .route("/grenade", |_request| Grenade)
            .route("/", greeting("well"))
    });
    assert_eq!(status(&server, &Ask::upgrade("/unoffered")), 500);
    let mut client = Client::open_as(server.address, &Ask::upgrade("/grenade"));
    client.close(1000, "");
    assert_eq!(client.next_close().0, Some(1000));
    assert_eq!(client.end(), End::Finished);
    assert_eq!(greeted(&server, &Ask::upgrade("/")), "well");
}

#[test]
fn a_callback_knows_path_addresses_and_the_headers_its_route_keeps() {
    struct Teller;
    impl Handler for Teller {
        fn on_open(&mut self, context: &mut Context<'_>) {
            let name = context.headers().value("X-Name").unwrap_or("nobody").to_owned();
            let told = format!("{} {name}", context.path());
            context.send(&told).unwrap();
            let addresses = format!("{:?} {:?}", context.peer_addr(), context.local_addr());
            context.send(&addresses).unwrap();
        }
    }
    let server = served(|| {
        Router::new().route("/keep", |_request| Open::new(Teller).keep_headers()).otherwise(|_request| Teller)
    });
    for (path, told) in [("/keep?q", "/keep blue"), ("/other?q", "/other nobody")] {
        let mut client = Client::open_as(server.address, &Ask::upgrade(path).with("X-Name: blue"));
        assert_eq!(client.next_text(), told);
        let peer = client.stream.local_addr().ok();
        let local = client.stream.peer_addr().ok();
        assert_eq!(client.next_text(), format!("{peer:?} {local:?}"));
    }
}

#[test]
fn a_closure_is_a_handler() {
    let server = served(|| {
        Router::new().otherwise(|_request| {
            let mut count = 0;
            handler(move |context, _message| {
                count += 1;
                context.send(&format!("{count}")).unwrap();
            })
        })
    });
    let mut clients = [Client::open(server.address), Client::open(server.address)];
    for round in ["1", "2"] {
        for client in &mut clients {
            client.text("");
            assert_eq!(client.next_text(), round);
        }
    }
}

#[test]
fn limits_on_the_head_are_the_configured_ones() {
    let limits = config(|config| {
        config.max_head = 512;
        config.max_headers = 6;
    });
    let (server, _events) = witnessed(limits, echo);
    Client::open(server.address);
    Client::open_as(server.address, &Ask::upgrade("/").with("X: 6"));
    assert_eq!(status(&server, &Ask::upgrade("/").with("X: 6").with("X: 7")), 431);
    assert_eq!(status(&server, &Ask::upgrade("/").with(&format!("X: {}", "a".repeat(512)))), 431);
    assert_eq!(status(&server, &Ask::upgrade(&format!("/{}", "a".repeat(512)))), 414);
}
