use std::fmt;

use payments_core::html::{escaped, script_string};
use serde::Serialize;

use crate::id::PaymentId;
use crate::payment::shown;

/// A payment that waits for its customer to prove who they are.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Challenge {
    /// The provider's id of the payment. Store it with the order before showing the page.
    pub payment_id: PaymentId,
    /// The code of the enrolment.
    pub result_code: Option<String>,
    /// The same in words. What could be a card number in it is masked.
    pub result_message: Option<String>,
    /// The page to show. It is for this customer, now: it is not serialized.
    #[serde(skip)]
    pub page: ChallengePage,
}

impl fmt::Debug for Challenge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Challenge")
            .field("payment_id", &self.payment_id)
            .field("result_code", &shown(self.result_code.as_deref()))
            .field("result_message", &shown(self.result_message.as_deref()))
            .field("page", &self.page)
            .finish()
    }
}

/// The page of a challenge: HTML of the provider's, which posts the customer on to the card's issuer.
///
/// It is somebody else's HTML, and is never to run with the rights of the shop's own pages. There are two ways to show
/// it, [`frame`](Self::frame) and [`document`](Self::document); in both it has an origin of its own, so that it reads
/// no cookie, no storage and no page of the shop. `Debug` shows its length alone: it holds what identifies the payment.
///
/// Whether the provider's HTML posts itself or waits for a press of a button is not documented.
#[derive(Clone, PartialEq, Eq)]
pub struct ChallengePage(String);

impl ChallengePage {
    pub(crate) fn new(html: String) -> Self {
        Self(html)
    }

    /// The provider's HTML, as it came. Put into a page of the shop's as it is, it can do there whatever it likes.
    #[must_use]
    pub fn html(&self) -> &str {
        &self.0
    }

    /// HTML of a frame that shows the challenge inside a page of the shop; `id` is the frame's.
    ///
    /// Put it into the page as it is, together with [`frame_script`](Self::frame_script):
    ///
    /// ```
    /// use card3ds::ChallengePage;
    ///
    /// /// A page of the shop. When the customer has come back, it goes on to the order.
    /// fn pay(page: &ChallengePage) -> String {
    ///     let (frame, script) = (page.frame("three-ds"), ChallengePage::frame_script("three-ds"));
    ///     format!(
    ///         r#"<!doctype html><title>Pay</title>{frame}{script}
    /// <script>
    ///   document.getElementById("three-ds").addEventListener("card3ds-returned", () => location.assign("/orders/ORD-12345"));
    /// </script>"#
    ///     )
    /// }
    /// ```
    ///
    /// The frame may post forms and run scripts, which a challenge needs, and nothing else; and so may every page that
    /// follows in it, the issuer's included:
    ///
    /// * not `allow-same-origin`: with scripts, it would give the provider's HTML the shop's own origin, and with that
    ///   the way out of the frame;
    /// * not `allow-top-navigation`: a frame that can replace the shop's page can pass another off as it. Leaving the
    ///   frame is the shop's to do, with [`frame_script`](Self::frame_script) and [`RETURN_PAGE`](Self::RETURN_PAGE);
    /// * no pop-ups, downloads or dialogs.
    ///
    /// The price is that an issuer's page which needs storage or cookies of its own, or a step that wants the whole
    /// window, does not work in it: for those, show the [`document`](Self::document). That helps where the provider's
    /// page sends the customer on to the issuer's; one that frames the issuer's is the same there as here. A content
    /// security policy of the shop's page holds for the frame too, and may have to allow inline scripts and posting
    /// forms elsewhere.
    #[must_use]
    pub fn frame(&self, id: &str) -> String {
        format!(
            r#"<iframe id="{}" title="3-D Secure" sandbox="{SANDBOX}" srcdoc="{}" width="100%" height="600" frameborder="0"></iframe>"#,
            escaped(id),
            escaped(&self.0)
        )
    }

    /// HTML of a script for the page that holds the frame; `id` is the frame's. When the customer has come back, the
    /// script dispatches a `card3ds-returned` event on the frame, to which the page listens: see
    /// [`frame`](Self::frame). Only the shop's own server can say what became of the payment.
    ///
    /// A content security policy of the page must allow this inline script.
    ///
    /// Any page in that frame, or in a frame inside it, can make it happen, and no other can: it proves nothing.
    #[must_use]
    pub fn frame_script(id: &str) -> String {
        format!(
            r#"<script>
addEventListener("message", (event) => {{
  const frame = document.getElementById({});
  if (!frame || event.data !== "card3ds-returned") return;
  let source = event.source;
  while (source && source !== frame.contentWindow && source !== source.parent) source = source.parent;
  if (source && source === frame.contentWindow) frame.dispatchEvent(new Event("card3ds-returned"));
}});
</script>"#,
            script_string(id)
        )
    }

    /// What to answer the post to a return address with, when it happens in the frame: it tells the pages around it.
    ///
    /// All of them, since the provider's page may frame the issuer's, and the post is then made in the inner frame.
    /// Serve it with [`RETURN_HEADERS`](Self::RETURN_HEADERS).
    pub const RETURN_PAGE: &'static str = r#"<!doctype html><html lang="en"><head><meta charset="utf-8"><title>3-D Secure</title></head><body><script>for(let w=window;w!==w.parent;){w=w.parent;w.postMessage("card3ds-returned","*")}</script></body></html>"#;

    /// The headers that go with the [`RETURN_PAGE`](Self::RETURN_PAGE): its script runs, and no other.
    ///
    /// Headers that a shop sends with all its pages can keep it from being shown. On this route send no
    /// `X-Frame-Options` and no `frame-ancestors`, not even for the same origin: what is around it is no page of the
    /// shop's origin. And exempt it from checks against forged requests: the post out of the frame comes with `Origin:
    /// null`.
    pub const RETURN_HEADERS: [(&'static str, &'static str); 3] = [
        ("content-type", "text/html; charset=utf-8"),
        (
            "content-security-policy",
            "default-src 'none'; script-src 'sha256-cMox3z/+ffoFahllz+3YnUKRfkrk09QcegYlHHBatlI='",
        ),
        ("cache-control", "no-store"),
    ];

    /// The whole page, to be served under an address of its own, with [`HEADERS`](Self::HEADERS).
    ///
    /// Without the headers it would run with the rights of the shop's own pages. They hold for this page, and what they
    /// say of the sandbox for every frame inside it: an issuer's page that takes its place is free to be what it is,
    /// one that it frames has no cookies or storage of its own, and no page of the shop's around it to be told of the
    /// return.
    #[must_use]
    pub fn document(&self) -> String {
        if self.0.to_ascii_lowercase().contains("<html") {
            return self.0.clone();
        }
        format!(
            r#"<!doctype html><html lang="en"><head><meta charset="utf-8"><title>3-D Secure</title></head><body>{}</body></html>"#,
            self.0
        )
    }

    /// The policy under which the [`document`](Self::document) is served.
    ///
    /// `sandbox` gives it an origin of its own. Beyond that it may load scripts, styles, images and frames over HTTPS,
    /// run the scripts that it holds, post forms over HTTPS, say what its addresses are relative to, and be framed by
    /// the shop alone. (A sandbox on this machine is not reached over HTTPS: look at its challenges in the
    /// [`frame`](Self::frame).)
    pub const CONTENT_SECURITY_POLICY: &'static str = "sandbox allow-forms allow-scripts; default-src 'none'; \
        script-src https: 'unsafe-inline'; style-src https: 'unsafe-inline'; img-src https: data:; \
        font-src https: data:; connect-src https:; frame-src https:; form-action https:; base-uri https:; \
        frame-ancestors 'self'";

    /// The headers that go with the [`document`](Self::document).
    pub const HEADERS: [(&'static str, &'static str); 4] = [
        ("content-type", "text/html; charset=utf-8"),
        ("content-security-policy", Self::CONTENT_SECURITY_POLICY),
        ("cache-control", "no-store"),
        ("x-content-type-options", "nosniff"),
    ];
}

impl fmt::Debug for ChallengePage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ChallengePage([{} bytes])", self.0.len())
    }
}

/// What a challenge needs: posting a form to the issuer and on to the shop, and the scripts that do so by themselves.
const SANDBOX: &str = "allow-forms allow-scripts";
