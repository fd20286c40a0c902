use super::link;
use crate::http::{Request, percent_decode};

/// The operation or page of a request.
pub(super) enum Route {
    List,
    Detail(String),
    Page(String),
    Image(String),
}

pub(super) fn route(request: &Request) -> Option<Route> {
    let one_segment = |prefix: &str| {
        let rest = request.path.strip_prefix(prefix)?;
        (!rest.is_empty() && !rest.contains('/')).then(|| percent_decode(rest))
    };
    match request.method.as_str() {
        "POST" if request.path == "/payments" => Some(Route::List),
        "POST" => one_segment("/payments/").map(Route::Detail).or_else(|| one_segment(link::PAGES).map(Route::Page)),
        "GET" => {
            let image = || Some(Route::Image(one_segment(link::IMAGES)?.strip_suffix(".png")?.to_owned()));
            one_segment(link::PAGES).map(Route::Page).or_else(image)
        }
        _ => None,
    }
}
