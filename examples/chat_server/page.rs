//! The files the browser loads, built into the program.

use ws_reactor::{InvalidHeader, Response, Router, Status};

/// The page may load and reach what comes from this server, and nothing else; no script or style stands inside
/// the page itself, so that none that slipped in would run.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; \
                      base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const HTML: &str = "text/html; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";
const STYLE: &str = "text/css; charset=utf-8";
const IMAGE: &str = "image/svg+xml";

const FILES: [(&str, &str, &str); 15] = [
    ("/", HTML, include_str!("page/index.html")),
    ("/operator", HTML, include_str!("page/operator.html")),
    ("/chat.css", STYLE, include_str!("page/chat.css")),
    ("/operator.css", STYLE, include_str!("page/operator.css")),
    ("/chat.js", SCRIPT, include_str!("page/chat.js")),
    ("/clients.js", SCRIPT, include_str!("page/clients.js")),
    ("/composer.js", SCRIPT, include_str!("page/composer.js")),
    ("/dom.js", SCRIPT, include_str!("page/dom.js")),
    ("/link.js", SCRIPT, include_str!("page/link.js")),
    ("/log.js", SCRIPT, include_str!("page/log.js")),
    ("/names.js", SCRIPT, include_str!("page/names.js")),
    ("/operator.js", SCRIPT, include_str!("page/operator.js")),
    ("/people.js", SCRIPT, include_str!("page/people.js")),
    ("/sheet.js", SCRIPT, include_str!("page/sheet.js")),
    ("/icon.svg", IMAGE, include_str!("page/icon.svg")),
];

/// Adds every file of the page to `router`.
pub(crate) fn serve(router: Router) -> Result<Router, InvalidHeader> {
    FILES.iter().try_fold(router, |router, &(path, kind, body)| {
        let response = response(kind, body)?;
        Ok(router.page(path, move |_request| response.clone()))
    })
}

fn response(kind: &str, body: &'static str) -> Result<Response, InvalidHeader> {
    Ok(Response::new(Status::OK)
        .header("Content-Type", kind)?
        .header("Content-Security-Policy", POLICY)?
        .header("X-Content-Type-Options", "nosniff")?
        .header("Referrer-Policy", "no-referrer")?
        .header("Cache-Control", "no-cache")?
        .body(body.as_bytes()))
}
