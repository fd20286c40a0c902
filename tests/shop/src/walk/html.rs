//! What the walk reads from pages: forms, links and states. The pages are known, so this is no parser.

/// A form with its fields, as a browser sends it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Form {
    /// A path of the shop, or the URL of another site.
    pub(super) target: String,
    pub(super) fields: Vec<(String, String)>,
}

impl Form {
    pub(super) fn new(target: impl Into<String>, fields: &[(&str, &str)]) -> Self {
        let fields = fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Self { target: target.into(), fields: fields.collect() }
    }

    /// Returns the form of a page that has this target, with its hidden fields.
    pub(super) fn of(page: &str, target: &str) -> Option<Self> {
        let rest = page.split_once(&format!("action=\"{target}\""))?.1;
        Some(Self { target: target.to_owned(), fields: hidden_fields(until(rest, "</form>")) })
    }

    /// Returns the form that the page's script sends at once.
    pub(super) fn sent_at_once(page: &str) -> Option<Self> {
        let rest = page.split_once("<div data-submit>")?.1;
        let target = unescape(between(rest, "action=\"", "\"")?);
        Some(Self { target, fields: hidden_fields(until(rest, "</form>")) })
    }

    #[must_use]
    pub(super) fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.fields.push((name.to_owned(), value.into()));
        self
    }

    pub(super) fn value(&self, name: &str) -> &str {
        self.fields.iter().find(|(field, _)| field == name).map_or("", |(_, value)| value)
    }
}

fn hidden_fields(html: &str) -> Vec<(String, String)> {
    let fields = html.split("<input type=\"hidden\" name=\"").skip(1);
    let field = |text: &str| Some((unescape(until(text, "\"")), unescape(between(text, "value=\"", "\"")?)));
    fields.filter_map(field).collect()
}

/// The text between the first `before` and the next `after`.
pub(super) fn between<'a>(text: &'a str, before: &str, after: &str) -> Option<&'a str> {
    Some(text.split_once(before)?.1.split_once(after)?.0)
}

/// Every text between a `before` and the next `after`.
pub(super) fn all_between<'a>(text: &'a str, before: &'a str, after: &'a str) -> impl Iterator<Item = &'a str> {
    text.split(before).skip(1).map(move |rest| until(rest, after))
}

pub(super) fn until<'a>(text: &'a str, end: &str) -> &'a str {
    text.split_once(end).map_or(text, |(before, _)| before)
}

pub(super) fn unescape(text: &str) -> String {
    let named = text.replace("&quot;", "\"").replace("&#34;", "\"").replace("&#39;", "'").replace("&#60;", "<");
    let named = named.replace("&lt;", "<").replace("&gt;", ">").replace("&#62;", ">");
    named.replace("&#38;", "&").replace("&amp;", "&")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_is_read_with_its_hidden_fields_only() {
        let page = r#"<form method="post" action="/a"><input type="hidden" name="csrf" value="1"></form>
            <form method="post" action="/b"><input type="hidden" name="csrf" value="2&amp;3"><input name="utr"></form>"#;

        assert_eq!(Form::of(page, "/b"), Some(Form::new("/b", &[("csrf", "2&3")])));
        assert_eq!(Form::of(page, "/c"), None);
        assert_eq!(Form::sent_at_once(page), None);
    }
}
