use std::fmt;

use payments_core::gateway::HtmlPage;
use payments_core::html::{escape, script_string};
use payments_core::json::UnreadableMembers;
use serde::Serialize;

use crate::id::PaymentId;
use crate::payment::masked;

/// A started payment whose customer must authenticate.
///
/// It cannot be loaded: a challenge without its page is of no use, and the page is not stored. Store
/// [`payment_id`](Self::payment_id), which is all that [`Client::complete_3ds`](crate::Client::complete_3ds) needs. If
/// another process shows the page, pass it the text of [`ChallengePage::document`], and delete it when the customer returns.
///
/// ```compile_fail,E0277
/// let challenge: card3ds::Challenge = serde_json::from_str("{}").unwrap();
/// ```
#[derive(Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Challenge {
    /// The provider's id of the payment. Store it with the order before you show the page.
    pub payment_id: PaymentId,
    /// The result code.
    pub result_code: Option<String>,
    /// The result message. A possible card number in it is masked.
    pub result_message: Option<String>,
    /// The page to show. It is not serialized, because only this customer may see it, and only now.
    #[serde(skip)]
    pub page: ChallengePage,
    #[serde(skip)]
    pub(super) unreadable: UnreadableMembers,
}

impl Challenge {
    /// The members of the response that could not be read as documented. Usually there are none.
    #[must_use]
    pub fn unreadable_members(&self) -> &UnreadableMembers {
        &self.unreadable
    }
}

impl fmt::Debug for Challenge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Challenge")
            .field("payment_id", &self.payment_id)
            .field("result_code", &masked(self.result_code.as_deref()))
            .field("result_message", &masked(self.result_message.as_deref()))
            .field("page", &self.page)
            .finish()
    }
}

/// The page of a challenge: the provider's HTML, which sends the customer to the card's issuer.
///
/// Never insert this HTML into your own page: its scripts would run with your page's origin. Show it in one of two ways:
///
/// | | [`frame`](Self::frame) | [`document`](Self::document) |
/// |---|---|---|
/// | the challenge is | a sandboxed `<iframe>` in your page | a page at its own URL, sandboxed by a header |
/// | an issuer's page that replaces it | has no cookies or storage | has cookies and storage |
/// | an issuer's page in a frame inside it | has no cookies or storage | has no cookies or storage |
/// | return to your page | [`RETURN_PAGE`](Self::RETURN_PAGE), [`frame_script`](Self::frame_script) | your response to the return URL |
///
/// In both, the provider's HTML has an opaque origin: it cannot read your cookies, storage or pages.
///
/// Whether the provider's HTML submits its form by itself or waits for a click is not documented. `Debug` shows only the
/// length of the HTML, because the HTML identifies the payment.
#[derive(Clone, PartialEq, Eq)]
pub struct ChallengePage(String);

impl ChallengePage {
    pub(crate) fn new(html: String) -> Self {
        Self(html)
    }

    /// The provider's HTML, unchanged. Never insert it into your own page.
    #[must_use]
    pub fn html(&self) -> &str {
        &self.0
    }

    /// Returns an `<iframe>` element with this `id` that shows the challenge.
    ///
    /// Insert it into your page, together with [`frame_script`](Self::frame_script):
    ///
    /// ```
    /// use card3ds::ChallengePage;
    ///
    /// /// Returns a page that shows the challenge, and opens the order when the customer returns.
    /// fn challenge_page(page: &ChallengePage) -> String {
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
    /// The frame may submit forms and run scripts. Every later page in the frame has the same restrictions:
    ///
    /// - No `allow-same-origin`: with scripts, it would give the provider's HTML your origin.
    /// - No `allow-top-navigation`: the frame could replace your page with an imitation.
    /// - No pop-ups, downloads or dialogs.
    ///
    /// Use [`document`](Self::document) if an issuer's page needs cookies, storage or the whole window.
    ///
    /// The content security policy of your page also applies to the frame. It must allow inline scripts, and forms that
    /// are submitted to other sites.
    #[must_use]
    pub fn frame(&self, id: &str) -> String {
        format!(
            r#"<iframe id="{}" title="3-D Secure" sandbox="{SANDBOX}" srcdoc="{}" width="100%" height="600" frameborder="0"></iframe>"#,
            escape(id),
            escape(&self.0)
        )
    }

    /// Returns a `<script>` element for the page that contains the frame with this `id`.
    ///
    /// When the customer returns, the script dispatches a `card3ds-returned` event on the frame: see
    /// [`frame`](Self::frame). The event proves nothing, because any page in the frame can cause it. Only your server knows
    /// the payment's result.
    ///
    /// The content security policy of your page must allow this inline script.
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

    /// The response body for the return URLs, if the challenge is in a frame. It notifies the pages around it.
    ///
    /// It notifies all of them, because the provider's page may put the issuer's page into an inner frame. Send it with
    /// [`RETURN_HEADERS`](Self::RETURN_HEADERS).
    pub const RETURN_PAGE: &'static str = r#"<!doctype html><html lang="en"><head><meta charset="utf-8"><title>3-D Secure</title></head><body><script>for(let w=window;w!==w.parent;){w=w.parent;w.postMessage("card3ds-returned","*")}</script></body></html>"#;

    /// The response headers for [`RETURN_PAGE`](Self::RETURN_PAGE): only its own script may run.
    ///
    /// Configure your server for the return URLs:
    ///
    /// - Send neither `X-Frame-Options` nor `frame-ancestors`, because a page around the return page can have an opaque
    ///   origin.
    /// - Exempt the URLs from CSRF protection. The browser sends the form with `Origin: null`.
    pub const RETURN_HEADERS: [(&'static str, &'static str); 3] = [
        ("content-type", "text/html; charset=utf-8"),
        (
            "content-security-policy",
            "default-src 'none'; script-src 'sha256-cMox3z/+ffoFahllz+3YnUKRfkrk09QcegYlHHBatlI='",
        ),
        ("cache-control", "no-store"),
    ];

    /// Returns a full HTML page to serve at its own URL, with [`HEADERS`](Self::HEADERS).
    ///
    /// Always send the headers. Without them, the provider's HTML runs with your origin.
    ///
    /// With the headers, the page submits forms over HTTPS only. A sandbox without TLS has no HTTPS, so its challenge cannot be
    /// started from this page: use [`frame`](Self::frame) with it.
    ///
    /// The headers apply to this page and to the frames in it, but not to an issuer's page that replaces it. If the issuer's
    /// page is in a frame, [`RETURN_PAGE`](Self::RETURN_PAGE) does not help: no page around it is yours.
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

    /// The content security policy for [`document`](Self::document).
    ///
    /// - `sandbox` gives the page an opaque origin.
    /// - The page may load scripts, styles, images, fonts and frames over HTTPS, and run inline scripts.
    /// - The page may connect and submit forms over HTTPS, and set a base URL.
    /// - Only your own origin may frame the page.
    ///
    /// A local sandbox has no HTTPS: use [`frame`](Self::frame) with it.
    pub const CONTENT_SECURITY_POLICY: &'static str = "sandbox allow-forms allow-scripts; default-src 'none'; \
        script-src https: 'unsafe-inline'; style-src https: 'unsafe-inline'; img-src https: data:; \
        font-src https: data:; connect-src https:; frame-src https:; form-action https:; base-uri https:; \
        frame-ancestors 'self'";

    /// The response headers for [`document`](Self::document).
    pub const HEADERS: [(&'static str, &'static str); 4] = [
        ("content-type", "text/html; charset=utf-8"),
        ("content-security-policy", Self::CONTENT_SECURITY_POLICY),
        ("cache-control", "no-store"),
        ("x-content-type-options", "nosniff"),
    ];
}

impl From<HtmlPage> for ChallengePage {
    /// Converts the page of a payment that was started through the gateway: [`NextAction::Html`].
    ///
    /// [`NextAction::Html`]: payments_core::gateway::NextAction::Html
    fn from(page: HtmlPage) -> Self {
        Self(page.into_html())
    }
}

impl fmt::Debug for ChallengePage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ChallengePage([{} bytes])", self.0.len())
    }
}

/// What a challenge needs: forms that are submitted to the issuer and to the return URL, and scripts that submit them.
const SANDBOX: &str = "allow-forms allow-scripts";
